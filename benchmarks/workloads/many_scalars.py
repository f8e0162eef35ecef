"""A million points of one metric, from the first to the last byte in the store.

``file`` or ``mongo`` says where.
"""

import datetime
import json
import os
import sys

import _tools

COUNT = _tools.scaled(1_000_000)
DATABASE = "bench_scalars"


def observed_by():
    from sacred.observers import FileStorageObserver, MongoObserver

    if sys.argv[1] == "file":
        return FileStorageObserver("runs")
    return MongoObserver(url=mongo_url(), db_name=DATABASE)


def mongo_url():
    return os.environ["BENCH_MONGO"]


def in_a_run(count):
    from sacred import Experiment

    ex = _tools.quiet(Experiment("scalars", save_git_info=False))
    ex.observers.append(observed_by())

    @ex.main
    def main(_run):
        for step in range(count):
            _run.log_scalar("loss", 1 / (step + 1), step)

    watch = _tools.Stopwatch()
    run = ex.run()
    _tools.wait_for_threads()
    return watch.wall(), watch.cpu(), run._id


def stored(run_id):
    """How many points can be read back."""
    if sys.argv[1] == "file":
        path = f"runs/{run_id}/metrics.json"
        if not os.path.exists(path):
            return 0
        with open(path) as file:
            return len(json.load(file)["loss"]["values"])
    import pymongo

    with pymongo.MongoClient(mongo_url()) as client:
        documents = client[DATABASE].metrics.find({"run_id": run_id})
        count = sum(len(document["values"]) for document in documents)
        client.drop_database(DATABASE)
    return count


def points():
    for step in range(COUNT):
        yield step, 1 / (step + 1), datetime.datetime.now()


def lines_of_json():
    with open("metrics.jsonl", "w") as file:
        for step, value, when in points():
            point = {"step": step, "value": value, "timestamp": when.isoformat()}
            file.write(json.dumps(point) + "\n")


def insert_columns(size=100_000):
    import pymongo

    with pymongo.MongoClient(mongo_url()) as client:
        columns = [list(column) for column in zip(*points(), strict=True)]
        for start in range(0, COUNT, size):
            steps, values, timestamps = (column[start : start + size] for column in columns)
            client[DATABASE].limit.insert_one(
                {"steps": steps, "values": values, "timestamps": timestamps}
            )
        client.drop_database(DATABASE)


if _tools.IS_LIMIT:
    watch = _tools.Stopwatch()
    lines_of_json() if sys.argv[1] == "file" else insert_columns()
    _tools.report(seconds=watch.wall(), work=watch.cpu())
else:
    _, first, _ = in_a_run(COUNT // 4)
    seconds, work, run_id = in_a_run(COUNT)
    _tools.report(seconds=seconds, work=work, growth=work / first / 4)
    _tools.report(memory=_tools.peak_memory(), lost=COUNT - stored(run_id))
