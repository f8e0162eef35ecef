"""What a run costs in all: this process, the server, and every byte that is written.

The arguments are the store (``file``, ``sqlite``, ``postgres`` or ``mongo``) and what is recorded:
``metrics`` and their number, ``paced`` and their number (20 000 points a second, for 50
seconds), ``output`` or ``artifacts``.
"""

import datetime
import json
import os
import sqlite3
import sys
import time

import _tools

STORE, WHAT = sys.argv[1:3]
COUNT = _tools.scaled(1_000_000)
METRICS = int(sys.argv[3]) if len(sys.argv) > 3 else 1
NAMES = [f"metric{number}" for number in range(METRICS)]
POINTS_PER_SECOND, SECONDS = 20_000, _tools.scaled(50)
LINE = "a line of output, as programs print them: 0.123456789 and so on\n"
LINES = _tools.scaled(300_000)
ARTIFACT = os.urandom(_tools.scaled(50_000_000))
DATABASE = "bench_whole_cost"
SERVER = {"mongo": "BENCH_MONGO", "postgres": "BENCH_POSTGRES"}.get(STORE)


def cost():
    return _tools.Cost(None if SERVER is None else int(os.environ[f"{SERVER}_PID"]))


# ------------------------------------------------------------------------- the libraries


def observer():
    from sacred.observers import FileStorageObserver, MongoObserver, SqlObserver

    if STORE == "file":
        return FileStorageObserver("runs")
    if STORE == "mongo":
        return MongoObserver(url=os.environ["BENCH_MONGO"], db_name=DATABASE)
    url = "sqlite:///runs.db" if STORE == "sqlite" else os.environ["BENCH_POSTGRES"]
    return SqlObserver(url)


def in_a_run():
    from sacred import Experiment

    ex = _tools.quiet(Experiment("whole_cost", save_git_info=False))
    ex.observers.append(observer())
    halves = []

    @ex.main
    def main(_run):
        if WHAT == "metrics":
            log = _run.log_scalar
            for step in range(COUNT // METRICS):
                for name in NAMES:
                    log(name, step / 7, step)
        elif WHAT == "paced":
            halves.extend(paced(_run.log_scalar))
        elif WHAT == "output":
            for _ in range(LINES):
                sys.stdout.write(LINE)
        else:
            with open("artifact.bin", "wb") as file:
                file.write(ARTIFACT)
            halves.append({"written": len(ARTIFACT)})
            _run.add_artifact("artifact.bin")

    spent = cost()
    ex.run(options={"--beat-interval": 1})
    _tools.wait_for_threads()
    whole = spent()
    if WHAT == "paced":
        first, second = halves
        for name in ("work", "server", "written"):
            before = first[name] or 1
            whole[f"{name}_growth"] = (second[name] - first[name]) / before
    elif WHAT == "artifacts":
        whole["written"] -= halves[0]["written"]
    return whole


def paced(log):
    """Log at a given pace; gives the costs until the middle and until the end."""
    spent = cost()
    began, step, per_tick = time.perf_counter(), 0, POINTS_PER_SECOND // METRICS // 100
    for tick in range(SECONDS * 100):
        for _ in range(per_tick):
            for name in NAMES:
                log(name, step / 7, step)
            step += 1
        if tick == SECONDS * 50:
            yield spent()
        time.sleep(max(0, began + (tick + 1) / 100 - time.perf_counter()))
    yield spent()


def stored():
    """The bytes of the store."""
    if STORE == "mongo":
        import pymongo

        with pymongo.MongoClient(os.environ["BENCH_MONGO"]) as client:
            size = client[DATABASE].command("dbStats")["dataSize"]
            client.drop_database(DATABASE)
        return size
    if STORE == "postgres":
        return in_postgres()
    found = [os.path.join(place, name) for place, _, names in os.walk(".") for name in names]
    return sum(os.path.getsize(path) for path in found if "runs" in path)


def in_postgres():
    import sqlalchemy as sa

    engine = sa.create_engine(os.environ["BENCH_POSTGRES"])
    with engine.begin() as connection:
        size = (
            connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar()
            - 7_500_000
        )  # of an empty one
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    return size


# ------------------------------------------------------------------------------ the limit


def points():
    for step in range(COUNT // METRICS):
        for name in NAMES:
            yield name, step, step / 7, datetime.datetime.now()


def lines_of_json():
    with open("metrics.jsonl", "w") as file:
        for name, step, value, when in points():
            point = {"name": name, "step": step, "value": value, "timestamp": when.isoformat()}
            file.write(json.dumps(point) + "\n")


ROWS = "run_id TEXT, name TEXT, position INTEGER, step FLOAT, value FLOAT, timestamp TIMESTAMP"


def batches(size=25_000):
    some = []
    for name, step, value, when in points():
        some.append(("1", name, step, float(step), value, when))
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def plain_sqlite():
    with sqlite3.connect("limit.db", isolation_level=None) as database:
        database.execute("PRAGMA journal_mode=WAL")
        key = "PRIMARY KEY (run_id, name, position)"
        database.execute(f"CREATE TABLE metric ({ROWS}, {key}) WITHOUT ROWID")
        for some in batches():
            database.execute("BEGIN")
            rows = [(*row, when.isoformat(" ")) for *row, when in some]
            database.executemany("INSERT INTO metric VALUES (?, ?, ?, ?, ?, ?)", rows)
            database.execute("COMMIT")
    database.close()


def plain_postgres():
    import psycopg

    address = os.environ["BENCH_POSTGRES"].replace("+psycopg", "")
    with psycopg.connect(address) as database:
        key = "PRIMARY KEY (run_id, name, position)"
        database.execute(f"CREATE TABLE metric ({ROWS}, {key})")
        for some in batches():
            with database.cursor() as cursor:
                cursor.executemany("INSERT INTO metric VALUES (%s, %s, %s, %s, %s, %s)", some)
            database.commit()
        database.execute("DROP TABLE metric")


def plain_mongo(size=100_000):
    import pymongo

    with pymongo.MongoClient(os.environ["BENCH_MONGO"]) as client:
        columns = {name: ([], [], []) for name in NAMES}
        for name, *point in points():
            for column, item in zip(columns[name], point, strict=True):
                column.append(item)
        for name, arrays in columns.items():
            for start in range(0, COUNT // METRICS, size):
                steps, values, times = (array[start : start + size] for array in arrays)
                document = {"name": name, "steps": steps, "values": values, "timestamps": times}
                client[DATABASE].limit.insert_one(document)
        client.drop_database(DATABASE)


def plain_bytes():
    content = LINE.encode() * LINES if WHAT == "output" else ARTIFACT
    with open("plain", "wb") as file:
        file.write(content)


LIMITS = {
    "file": lines_of_json,
    "sqlite": plain_sqlite,
    "postgres": plain_postgres,
    "mongo": plain_mongo,
}

if _tools.IS_LIMIT:
    spent = cost()
    (LIMITS[STORE] if WHAT == "metrics" else plain_bytes)()
    _tools.report(**spent())
else:
    measures = in_a_run()
    size = stored()
    _tools.report(**measures, stored=size, amplification=measures["written"] / size)
