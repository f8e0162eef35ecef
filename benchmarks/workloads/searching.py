"""The best twenty runs of a large store: how long they take to be found.

``file``, ``sqlite``, ``postgresql`` or ``mongo`` says which store. It is written directly in its
form, after the one run that this library has stored in it; stores on the disk are kept for the
next time, for to write 100 000 directories takes longer than anything measured here.
"""

import copy
import datetime
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

import _tools

KIND = sys.argv[1]
MANY = _tools.scaled(100_000)
FEW = max(1, MANY // 10)
FEWEST, BESIDE = max(1, MANY // 50), max(1, MANY // 200)
QUERY = "status = COMPLETED and opt.lr < 0.01"
BY_METRIC = "status = COMPLETED and metrics.loss.min < 0.2"
#: Of the loss of each run.
STEPS = range(0, 1000, 100)
#: What is stored differs from what former versions of this file have stored.
FORM = "with-metrics"
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "sacred-bench", "searching")
START = datetime.datetime(2026, 1, 1)


def values(count):
    """Status, learning rate, result and start of each run but the first."""
    rnd = random.Random(1)
    for n in range(2, count + 1):
        status = "FAILED" if n % 10 == 0 else "COMPLETED"
        lr = round(10 ** rnd.uniform(-5, -1), 9)
        yield n, status, lr, round(rnd.random(), 6), START + datetime.timedelta(minutes=n)


def losses(result):
    """The points of a metric that falls down to the result."""
    return [round(result + 0.1 * n, 6) for n in reversed(range(len(STEPS)))]


def first_run(store):
    """One run by this library: its form is that of all others."""
    from sacred.stores.changes import AddPoints, SetFields

    document = {
        "status": "COMPLETED",
        "command": "train",
        "config": {"seed": 1, "opt": {"name": "adam", "lr": 0.1}, "layers": [64, 64], "epochs": 9},
        "experiment": {"name": "digits", "base_dir": "/home/me", "dependencies": ["numpy==2.1.0"]},
        "host": {"hostname": "node-1", "os": ["Linux", "6.1"], "python_version": "3.11.7"},
        "meta": {"command": "train", "options": {}},
        "info": {},
        "start_time": START,
        "heartbeat": START,
        "stop_time": START,
        "result": 0.5,
    }
    store.create(1, document, [])
    columns = {"steps": list(STEPS), "values": losses(0.5), "timestamps": [START] * len(STEPS)}
    points = AddPoints(name="loss", start=0, **columns)
    store.apply(1, [points, SetFields(fields={"info": {}})])  # where MongoDB lists metrics


def fill_files(url, count):
    from sacred.runs import open_store

    first_run(open_store(url).backend)
    names = ("run", "config", "metrics")
    run, config, metrics = (json.loads(Path(url, "1", f"{n}.json").read_text()) for n in names)
    for n, status, lr, result, start in values(count):
        run |= {"status": status, "result": result}
        run |= dict.fromkeys(("start_time", "heartbeat", "stop_time"), start.isoformat())
        config["opt"]["lr"] = lr
        metrics["loss"]["values"] = losses(result)
        os.mkdir(f"{url}/{n}")
        for name, value in zip(names, (run, config, metrics), strict=True):
            with open(f"{url}/{n}/{name}.json", "w") as file:
                json.dump(value, file)


def fill_sql(url, count):
    import sqlalchemy as sa

    from sacred.runs import open_store
    from sacred.stores.sql.tables import TABLES

    with open_store(url) as opened:
        first_run(opened.backend)
    engine, (table, metric) = (
        sa.create_engine(url),
        map(TABLES.get, ("run", "metric")),
    )
    with engine.begin() as connection:
        first = dict(connection.execute(sa.select(table)).one()._mapping)
        points = [dict(row._mapping) for row in connection.execute(sa.select(metric))]
        config, rows, point_rows = json.loads(first["config"]), [], []
        for n, status, lr, result, start in values(count):
            config["opt"]["lr"] = lr
            row = first | {"id": n, "run_id": str(n), "status": status, "result": result}
            row |= {"result_json": repr(result), "config": json.dumps(config)}
            rows.append(row | dict.fromkeys(("start_time", "heartbeat", "stop_time"), start))
            for point, value in zip(points, losses(result), strict=True):
                point_rows.append(point | {"run_id": str(n), "value": value})
            if len(rows) == 5000 or n == count:
                connection.execute(sa.insert(table), rows)
                connection.execute(sa.insert(metric), point_rows)
                rows, point_rows = [], []
    engine.dispose()


def fill_mongo(url, count):
    import bson
    import pymongo

    from sacred.runs import open_store

    with open_store(url) as opened:
        first_run(opened.backend)
    with pymongo.MongoClient(url) as client:
        database = client.get_default_database()
        runs, metrics = database.runs, database.metrics
        first, loss, documents, metric_documents = runs.find_one(), metrics.find_one(), [], []
        for n, status, lr, result, start in values(count):
            document = copy.deepcopy(first) | {"_id": n, "status": status, "result": result}
            document |= dict.fromkeys(("start_time", "heartbeat", "stop_time"), start)
            document["config"]["opt"]["lr"] = lr
            own = {"_id": bson.ObjectId(), "run_id": n, "values": losses(result)}
            document["info"]["metrics"][0]["id"] = str(own["_id"])
            documents.append(document)
            metric_documents.append(loss | own)
            if len(documents) == 5000 or n == count:
                runs.insert_many(documents)
                metrics.insert_many(metric_documents)
                documents, metric_documents = [], []


def store(count):
    """The URL of a store with so many runs."""
    if KIND == "mongo":
        import pymongo

        url = f"{os.environ['BENCH_MONGO'].rstrip('/')}/searching_{count}"
        with pymongo.MongoClient(url) as client:
            if client.get_default_database().runs.estimated_document_count() < count:
                fill_mongo(url, count)
        return url
    if KIND == "postgresql":
        return postgresql(count)
    place = HOME / f"{KIND}-{count}-{FORM}"
    url = str(place) if KIND == "file" else f"sqlite:///{place}/runs.db"
    if not (HOME / f"{place.name}.complete").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        fill = fill_files if KIND == "file" else fill_sql
        fill(url, count)
        (HOME / f"{place.name}.complete").touch()
        time.sleep(12)  # so that these files count as old
    return url


def postgresql(count):
    import sqlalchemy as sa

    server, name = os.environ["BENCH_POSTGRES"], f"searching_{count}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        query = sa.text("SELECT 1 FROM pg_database WHERE datname = :name")
        is_there = connection.execute(query, {"name": name}).first()
        if is_there is None:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    url = f"{server.rpartition('/')[0]}/{name}"
    if is_there is None:
        fill_sql(url, count)
    return url


def seconds(function, times=5):
    """The median, after one that does not count."""
    function()
    measured = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        measured.append(time.perf_counter() - began)
    return statistics.median(measured)


def best(url, count):
    from sacred.runs import open_store

    with open_store(url) as opened:
        table = opened.runs(QUERY, sort="-result", limit=20)
        found = [(run.id, run.result, run.config.opt.lr) for run in table]
        assert len(found) == min(20, len(found)), count


def best_by_metric(url):
    from sacred.runs import open_store

    with open_store(url) as opened:
        table = opened.runs(BY_METRIC, sort="-result", limit=20)
        assert all(run.result < 0.2 for run in table)


def newest(url):
    from sacred.runs import open_store

    with open_store(url) as opened:
        list(opened.runs(QUERY, newest_first=True, limit=20))


#: As ``python -m sacred``; then it says how much memory it has had.
PROGRAM = f"""
import sys
from sacred.app import main
code = main(sys.argv[1:])
sys.path.insert(0, {os.path.dirname(__file__)!r})
import _tools
print(_tools.peak_memory(), file=sys.stderr)
sys.exit(code)
"""


def program(url):
    """The program, and the most memory that it has had."""
    command = [sys.executable, "-c", PROGRAM, "ls", "-s", url, QUERY, "--sort", "-result", "-n20"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(ended.stderr)


def in_this_project():
    few, many = store(FEW), store(MANY)
    if KIND == "file":
        os.environ["SACRED_INDEX"] = str(HOME / "index")
        shutil.rmtree(HOME / "index", ignore_errors=True)
        began = time.perf_counter()
        best(many, MANY)
        _tools.report(first=time.perf_counter() - began)
    _tools.report(best=seconds(lambda: best(many, MANY)), few=seconds(lambda: best(few, FEW)))
    _tools.report(by_metric=seconds(lambda: best_by_metric(many)))
    _tools.report(newest=seconds(lambda: newest(many)), program=seconds(lambda: program(many)))
    _tools.report(memory=program(many) / program(store(FEWEST)))
    if KIND in ("file", "sqlite"):
        beside = store(BESIDE)
        _tools.report(beside=seconds(lambda: best(beside, BESIDE)))


def by_hand_in_mongo(count):
    import pymongo

    url = store(count)
    where = {"status": "COMPLETED", "config.opt.lr": {"$lt": 0.01}}
    with pymongo.MongoClient(url) as client:
        runs = client.get_default_database().runs
        list(runs.find(where).sort("result", -1).limit(20))


def by_hand_in_sqlite(count):
    """A table that has nothing but what is asked for."""
    path = HOME / f"by-hand-{count}.db"
    if not path.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE run (id INTEGER PRIMARY KEY, status, lr, result)")
            rows = (value[:4] for value in values(count))
            connection.executemany("INSERT INTO run VALUES (?, ?, ?, ?)", rows)
    connection = sqlite3.connect(path)
    query = "SELECT * FROM run WHERE status = 'COMPLETED' AND lr < 0.01"
    connection.execute(f"{query} ORDER BY result DESC LIMIT 20").fetchall()
    connection.close()


def by_hand_in_postgresql(count):
    import psycopg

    url = os.environ["BENCH_POSTGRES"].replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        table = f"by_hand_{count}"
        if connection.execute(f"SELECT to_regclass('{table}')").fetchone()[0] is None:
            columns = "id int PRIMARY KEY, status text, lr float8, result float8"
            connection.execute(f"CREATE TABLE {table} ({columns})")
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for value in values(count):
                    copy.write_row(value[:4])
        query = f"SELECT * FROM {table} WHERE status = 'COMPLETED' AND lr < 0.01"
        connection.execute(f"{query} ORDER BY result DESC LIMIT 20").fetchall()


def the_limit():
    by_hand = {"mongo": by_hand_in_mongo, "postgresql": by_hand_in_postgresql}
    query = by_hand.get(KIND, by_hand_in_sqlite)
    _tools.report(best=seconds(lambda: query(MANY)), few=seconds(lambda: query(FEW)))


if __name__ == "__main__":
    the_limit() if _tools.IS_LIMIT else in_this_project()
