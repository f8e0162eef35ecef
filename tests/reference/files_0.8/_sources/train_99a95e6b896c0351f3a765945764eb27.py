"""Record what a small experiment leaves behind with the old library, in files and in MongoDB.

``files_0.8/`` and ``mongo_0.8.json`` next to this file are its results (sacred 0.8.7);
tests read them. Run it in an environment with ``sacred==0.8.7 "numpy<2" "pymongo<4"
"setuptools<80"``, beside a MongoDB, from a directory of its own, as it is a recorded source::

    cp record_old_runs.py /tmp/old_ex/train.py && cd /tmp/old_ex
    python train.py mongodb://localhost:27017 && cp -r files_0.8 mongo_0.8.json .../reference

Only public API is used.
"""

import platform
import sys

import numpy as np
import pymongo
from bson import json_util

from sacred import SETTINGS, Experiment
from sacred.observers import FileStorageObserver, MongoObserver
from sacred.utils import TimeoutInterrupt

platform.node, platform.platform = (lambda: "old-host"), (lambda: "Linux-4.19")
SETTINGS.HOST_INFO.INCLUDE_CPU_INFO = SETTINGS.HOST_INFO.INCLUDE_GPU_INFO = False


def make_experiment(observers):
    ex = Experiment("old_ex", interactive=True, save_git_info=False)
    ex.observers.extend(observers)

    @ex.config
    def config():
        lr = 0.5
        opt = {"name": "adam", "betas": (0.9, 0.999)}
        layers = [8, 16]
        scale = np.float64(2.5)
        slow = False

    @ex.main
    def main(_run, lr, slow):
        print("training, lr =", lr)
        for step in range(3):
            _run.log_scalar("loss", 1.0 / (step + 1), step * 10)
            _run.log_scalar("train.acc", np.float32(0.5))
        _run.info["best"] = np.float64(0.25)
        _run.info["when"] = [1, "two"]
        with open("model.txt", "w") as file:
            file.write("weights\n")
        _run.add_artifact("model.txt", metadata={"a": 1}, content_type="text/plain")
        with _run.open_resource("data.csv") as file:
            file.read()
        if slow:
            raise TimeoutInterrupt
        return np.float64(0.125)

    return ex


def record(observers):
    ex = make_experiment(observers)
    ex.add_source_file("helper.py")
    options = {"--capture": "sys"}
    ex.run(options={**options, "--comment": "the first"})
    try:
        ex.run(config_updates={"slow": True, "lr": 0.1}, options=options)
    except TimeoutInterrupt:
        pass


def main(url):
    for name in ("helper.py", "data.csv"):
        with open(name, "w") as file:
            file.write(f"# {name}\n")

    record([FileStorageObserver("files_0.8")])

    client = pymongo.MongoClient(url)
    client.drop_database("old_runs")
    record([MongoObserver(url=url, db_name="old_runs")])
    database = client["old_runs"]
    names = sorted(database.list_collection_names())
    dump = {name: list(database[name].find()) for name in names}
    with open("mongo_0.8.json", "w") as file:
        file.write(json_util.dumps(dump, indent=1) + "\n")
    client.drop_database("old_runs")


if __name__ == "__main__":
    main(sys.argv[1])
