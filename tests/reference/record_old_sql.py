"""Record a database as the old library writes it.

``old_sqlite.sql`` and ``old_postgres.sql`` next to this file are dumps of such databases
(sacred 0.8.7 with SQLAlchemy 1.4); tests upgrade them. Only public API is used::

    python record_old_sql.py sqlite:///old.db        # with the old library
    sqlite3 old.db .dump > old_sqlite.sql            # or Connection.iterdump()
    pg_dump --inserts --no-owner DATABASE > old_postgres.sql
"""

import datetime
import os
import sys

T0 = datetime.datetime(2020, 1, 2, 3, 4, 5, 678000)
CONFIG = {"lr": 0.5, "layers": [1, 2, "x"], "shape": (3, 4), "seed": 7}


def start(observer, directory, _id=None, **meta):
    with open(os.path.join(directory, "train.py"), "w") as file:
        file.write("print('train')\n")
    return observer.started_event(
        ex_info={
            "name": "old_ex",
            "base_dir": directory,
            "sources": [("train.py", "7b7407fdf45908376dc9b05dd0145854")],
            "dependencies": ["numpy==1.18.1", "sacred==0.8.7"],
            "repositories": [{"url": "git@host:me/ex.git", "commit": "c" * 40, "dirty": True}],
            "mainfile": "train.py",
        },
        command="main",
        host_info={
            "hostname": "old-host",
            "cpu": "Some CPU",
            "os": ("Linux", "Linux-4.19-x86_64"),
            "python_version": "3.7.3",
        },
        start_time=T0,
        config=CONFIG,
        meta_info=meta,
        _id=_id,
    )


def record(url):
    from sacred.observers import SqlObserver

    observer = SqlObserver(url)
    directory = "/tmp/old_ex"
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, "data.csv")
    with open(path, "w") as file:
        file.write("a,b\n1,2\n")

    start(observer, directory, comment="the first", priority=2)  # completed, with all there is
    observer.resource_event(filename=path)
    observer.artifact_event(name="model.bin", filename=path)
    observer.heartbeat_event(
        info={"epochs": [1, 2]}, captured_out="hellö\n", beat_time=T0, result=3.25
    )
    observer.completed_event(stop_time=T0, result=3.25)

    start(observer, directory)  # failed
    observer.resource_event(filename=path)
    observer.failed_event(fail_time=T0, fail_trace=["Traceback\n", "ValueError: no\n"])

    start(observer, directory, _id="mine")  # an id of the user
    observer.interrupted_event(interrupt_time=T0, status="INTERRUPTED")

    start(observer, directory)  # killed while it was running


if __name__ == "__main__":
    record(sys.argv[1])
