"""Record what a small experiment leaves behind with sacred 0.7.5, by each of its observers.

``stores_0.7/`` next to this file is its result; tests read it. Run it with Python 3.8 in an
environment with ``sacred==0.7.5 "numpy<2" "pymongo<4" "tinydb<4" "tinydb-serialization<2"
hashfs "sqlalchemy<2"``, beside a MongoDB, from a directory of its own, as it is a recorded
source::

    cp record_0_7.py /tmp/old_ex/train.py && cd /tmp/old_ex
    python train.py mongodb://localhost:27017 && cp -r stores_0.7 .../reference

Only public API is used.
"""

import os
import platform
import sqlite3
import sys

import numpy as np
import pymongo
from bson import json_util

from sacred import SETTINGS, Experiment
from sacred.observers import FileStorageObserver, MongoObserver, SqlObserver, TinyDbObserver

platform.node, platform.platform = (lambda: "old-host"), (lambda: "Linux-4.19")
SETTINGS.CAPTURE_MODE = "sys"


def make_experiment(observer):
    ex = Experiment("old_ex", interactive=True)
    ex.observers.append(observer)

    @ex.config
    def config():
        lr = 0.5
        opt = {"name": "adam", "betas": (0.9, 0.999)}
        layers = [8, 16]
        fails = False

    @ex.main
    def main(_run, lr, fails):
        print("training, lr =", lr)
        for step in range(3):
            _run.log_scalar("loss", 1.0 / (step + 1), step * 10)
        _run.info["best"] = 0.25
        _run.info["weights"] = np.arange(3.0)
        with open("model.txt", "w") as file:
            file.write("weights\n")
        _run.add_artifact("model.txt")
        with _run.open_resource("data.csv") as file:
            file.read()
        if fails:
            raise ValueError("diverged")
        return 0.125

    return ex


def record(observer):
    ex = make_experiment(observer)
    ex.add_source_file("helper.py")
    ex.run(options={"--comment": "the first"})
    try:
        ex.run(config_updates={"fails": True, "lr": 0.1})
    except ValueError:
        pass


def main(url):
    for name in ("helper.py", "data.csv"):
        with open(name, "w") as file:
            file.write(f"# {name}\n")
    os.mkdir("stores_0.7")
    record(FileStorageObserver.create("stores_0.7/files"))
    record(TinyDbObserver.create("stores_0.7/tinydb"))

    record(SqlObserver.create("sqlite:///old.db"))
    with sqlite3.connect("old.db") as connection, open("stores_0.7/sqlite.sql", "w") as file:
        file.write("\n".join(connection.iterdump()) + "\n")

    client = pymongo.MongoClient(url)
    client.drop_database("old_runs")
    record(MongoObserver.create(url=url, db_name="old_runs"))
    database = client["old_runs"]
    names = sorted(database.list_collection_names())
    dump = {name: list(database[name].find()) for name in names}
    with open("stores_0.7/mongo.json", "w") as file:
        file.write(json_util.dumps(dump, indent=1) + "\n")
    client.drop_database("old_runs")


if __name__ == "__main__":
    main(sys.argv[1])
