"""Read a metric of a million points as arrays, again and again; the first time does not count.

``file``, ``sqlite``, ``postgresql`` or ``mongo`` says where. The limit is the least code that gets
the same arrays by the means of the store alone.
"""

import json
import os
import sqlite3
import sys

import _tools

COUNT = _tools.scaled(1_000_000)
WHERE = sys.argv[1]
DATABASE = "bench_reading"
TIMES = 3


def place():
    return {
        "file": "runs",
        "sqlite": "sqlite:///runs.db",
        "postgresql": os.environ.get("BENCH_POSTGRES", ""),
        "mongo": os.environ.get("BENCH_MONGO", "") + DATABASE,
    }[WHERE]


def observed_by():
    from sacred.observers import FileStorageObserver, MongoObserver, SqlObserver

    if WHERE == "mongo":
        return MongoObserver(url=os.environ["BENCH_MONGO"], db_name=DATABASE)
    return FileStorageObserver("runs") if WHERE == "file" else SqlObserver(place())


def record():
    from sacred import Experiment

    ex = _tools.quiet(Experiment("scalars", save_git_info=False))
    ex.observers.append(observed_by())

    @ex.main
    def main(_run):
        for step in range(COUNT):
            _run.log_scalar("loss", 1 / (step + 1), step)

    ex.run()


def by_us():
    import sacred

    metric = sacred.open_store(place())[1].metrics["loss"]
    return metric.steps, metric.values


def by_json():
    with open("runs/1/metrics.json") as file:
        metric = json.load(file)["loss"]
    return metric["steps"], metric["values"]


def by_sqlite3():
    connection = sqlite3.connect("runs.db")
    rows = connection.execute("SELECT step, value FROM metric ORDER BY position").fetchall()
    connection.close()
    return tuple(zip(*rows, strict=True))


def by_psycopg():
    import psycopg

    with psycopg.connect(place().replace("+psycopg", "")) as connection:
        query = "SELECT step, value FROM metric ORDER BY position"
        rows = connection.execute(query).fetchall()
    return tuple(zip(*rows, strict=True))


def by_pymongo():
    import pymongo

    steps, values = [], []
    with pymongo.MongoClient(os.environ["BENCH_MONGO"]) as client:
        for document in sorted(client[DATABASE].metrics.find(), key=lambda d: d.get("part", 0)):
            steps += document["steps"]
            values += document["values"]
    return steps, values


def by_the_store():
    import numpy as np

    how = {"file": by_json, "sqlite": by_sqlite3, "postgresql": by_psycopg, "mongo": by_pymongo}
    return tuple(np.array(column) for column in how[WHERE]())


def cost(read):
    best, work = float("inf"), float("inf")
    for _ in range(TIMES):
        watch = _tools.Stopwatch()
        steps, values = read()
        assert len(steps) == len(values) == COUNT, (len(steps), len(values))
        assert (steps[-1], values[1]) == (COUNT - 1, 0.5), (steps[-1], values[1])
        best, work = min(best, watch.wall()), min(work, watch.cpu())
    return best, work


os.environ["XDG_CACHE_HOME"] = os.path.abspath("cache")
record()
if WHERE == "file":
    # What has just been written is not kept yet.
    import time

    time.sleep(2.5)
if _tools.IS_LIMIT:
    seconds, work = cost(by_the_store)
    _tools.report(seconds=seconds, work=work)
else:
    watch = _tools.Stopwatch()
    by_us()
    _tools.report(first=watch.cpu())
    seconds, work = cost(by_us)
    _tools.report(seconds=seconds, work=work)
if WHERE == "postgresql":
    import psycopg

    with psycopg.connect(place().replace("+psycopg", "")) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
if WHERE == "mongo":
    import pymongo

    with pymongo.MongoClient(os.environ["BENCH_MONGO"]) as client:
        client.drop_database(DATABASE)
