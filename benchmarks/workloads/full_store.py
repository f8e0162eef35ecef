"""The start of a run in an empty store, and in one that has 10 000 runs.

``file`` or ``mongo`` says which store. From ``ex.run()`` to the main function.
"""

import os
import statistics
import sys
import time

import _tools

RUNS = _tools.scaled(10_000)
DATABASE = "bench_runs"


def observer(place):
    from sacred.observers import FileStorageObserver, MongoObserver

    if sys.argv[1] == "file":
        return FileStorageObserver(place)
    return MongoObserver(url=os.environ["BENCH_MONGO"], db_name=f"{DATABASE}_{place}")


def fill(place):
    if sys.argv[1] == "file":
        for number in range(1, RUNS + 1):
            os.makedirs(f"{place}/{number}")
            with open(f"{place}/{number}/run.json", "w") as file:
                file.write('{"status": "COMPLETED"}')
        return
    import pymongo

    with pymongo.MongoClient(os.environ["BENCH_MONGO"]) as client:
        documents = [{"_id": number, "status": "COMPLETED"} for number in range(1, RUNS + 1)]
        client[f"{DATABASE}_{place}"].runs.insert_many(documents)


def seconds_to_start(place, times=15):
    """The median; a new observer each time, as a new process would have."""
    from sacred import Experiment

    began, seconds = 0.0, []

    def main():
        seconds.append(time.perf_counter() - began)

    for _ in range(times):
        ex = _tools.quiet(Experiment("start", save_git_info=False))
        ex.observers.append(observer(place))
        ex.main(main)
        began = time.perf_counter()
        ex.run(options={"--capture": "sys"})
    return statistics.median(seconds[1:])


def clean_up():
    if sys.argv[1] == "mongo":
        import pymongo

        with pymongo.MongoClient(os.environ["BENCH_MONGO"]) as client:
            for place in ("empty", "full"):
                client.drop_database(f"{DATABASE}_{place}")


fill("full")
empty, full = seconds_to_start("empty"), seconds_to_start("full")
clean_up()
_tools.report(empty=empty, full=full, ratio=full / empty)
