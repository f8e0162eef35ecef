BEGIN TRANSACTION;
CREATE TABLE artifact (
	artifact_id INTEGER NOT NULL, 
	filename VARCHAR(64), 
	content BLOB, 
	run_id VARCHAR(24), 
	PRIMARY KEY (artifact_id), 
	FOREIGN KEY(run_id) REFERENCES run (run_id)
);
INSERT INTO "artifact" VALUES(1,'model.txt',X'776569676874730A','0');
INSERT INTO "artifact" VALUES(2,'model.txt',X'776569676874730A','2');
CREATE TABLE dependency (
	dependency_id INTEGER NOT NULL, 
	name VARCHAR(32), 
	version VARCHAR(16), 
	PRIMARY KEY (dependency_id)
);
INSERT INTO "dependency" VALUES(1,'munch','2.5.0');
INSERT INTO "dependency" VALUES(2,'numpy','1.24.4');
INSERT INTO "dependency" VALUES(3,'pymongo','3.13.0');
INSERT INTO "dependency" VALUES(4,'sacred','0.7.5');
CREATE TABLE experiment (
	experiment_id INTEGER NOT NULL, 
	name VARCHAR(32), 
	md5sum VARCHAR(32), 
	base_dir VARCHAR(64), 
	PRIMARY KEY (experiment_id)
);
INSERT INTO "experiment" VALUES(1,'old_ex','e6ce44e165edc92f86162a23e0f51bd0','/tmp/old_ex');
CREATE TABLE experiments_dependencies (
	experiment_id INTEGER, 
	dependency_id INTEGER, 
	FOREIGN KEY(experiment_id) REFERENCES experiment (experiment_id), 
	FOREIGN KEY(dependency_id) REFERENCES dependency (dependency_id)
);
INSERT INTO "experiments_dependencies" VALUES(1,2);
INSERT INTO "experiments_dependencies" VALUES(1,3);
INSERT INTO "experiments_dependencies" VALUES(1,1);
INSERT INTO "experiments_dependencies" VALUES(1,4);
CREATE TABLE experiments_sources (
	experiment_id INTEGER, 
	source_id INTEGER, 
	FOREIGN KEY(experiment_id) REFERENCES experiment (experiment_id), 
	FOREIGN KEY(source_id) REFERENCES source (source_id)
);
INSERT INTO "experiments_sources" VALUES(1,1);
INSERT INTO "experiments_sources" VALUES(1,2);
CREATE TABLE host (
	host_id INTEGER NOT NULL, 
	cpu VARCHAR(64), 
	hostname VARCHAR(64), 
	os VARCHAR(16), 
	os_info VARCHAR(64), 
	python_version VARCHAR(16), 
	PRIMARY KEY (host_id)
);
INSERT INTO "host" VALUES(1,'AMD EPYC','old-host','Linux','Linux-4.19','3.8.18');
CREATE TABLE resource (
	resource_id INTEGER NOT NULL, 
	filename VARCHAR(256), 
	md5sum VARCHAR(32), 
	content BLOB, 
	PRIMARY KEY (resource_id)
);
INSERT INTO "resource" VALUES(1,'/tmp/old_ex/data.csv','ae15152957400d7972ed87c9e35addac',X'2320646174612E6373760A');
CREATE TABLE run (
	id INTEGER NOT NULL, 
	run_id VARCHAR(24), 
	command VARCHAR(64), 
	start_time DATETIME, 
	heartbeat DATETIME, 
	stop_time DATETIME, 
	queue_time DATETIME, 
	priority FLOAT, 
	comment TEXT, 
	fail_trace TEXT, 
	captured_out TEXT, 
	config TEXT, 
	info TEXT, 
	status VARCHAR(11), 
	host_id INTEGER, 
	experiment_id INTEGER, 
	result FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (run_id), 
	FOREIGN KEY(host_id) REFERENCES host (host_id), 
	FOREIGN KEY(experiment_id) REFERENCES experiment (experiment_id)
);
INSERT INTO "run" VALUES(1,'0','main','2026-11-26 02:33:12.544910','2026-11-26 02:33:13.008891','2026-11-26 02:33:13.008038',NULL,0.0,'the first',NULL,'training, lr = 0.5
','{"fails": false, "layers": [8, 16], "lr": 0.5, "opt": {"betas": [0.9, 0.999], "name": "adam"}, "seed": 785965614}','{"best": 0.25, "weights": {"py/object": "numpy.ndarray", "values": [0.0, 1.0, 2.0], "dtype": "float64"}}','COMPLETED',1,1,0.125);
INSERT INTO "run" VALUES(2,'2','main','2026-11-26 02:33:13.082561','2026-11-26 02:33:13.143889','2026-11-26 02:33:13.145372',NULL,0.0,'','Traceback (most recent call last):

  File "/tmp/prog/old/env7/lib/python3.8/site-packages/sacred/config/captured_function.py", line 48, in captured_function
    result = wrapped(*args, **kwargs)

  File "train.py", line 54, in main
    raise ValueError("diverged")

ValueError: diverged
','','{"fails": true, "layers": [8, 16], "lr": 0.1, "opt": {"betas": [0.9, 0.999], "name": "adam"}, "seed": 28711250}','{"best": 0.25, "weights": {"py/object": "numpy.ndarray", "values": [0.0, 1.0, 2.0], "dtype": "float64"}}','FAILED',1,1,NULL);
CREATE TABLE runs_resources (
	run_id VARCHAR(24), 
	resource_id INTEGER, 
	FOREIGN KEY(run_id) REFERENCES run (run_id), 
	FOREIGN KEY(resource_id) REFERENCES resource (resource_id)
);
INSERT INTO "runs_resources" VALUES('0',1);
INSERT INTO "runs_resources" VALUES('2',1);
CREATE TABLE source (
	source_id INTEGER NOT NULL, 
	filename VARCHAR(256), 
	md5sum VARCHAR(32), 
	content TEXT, 
	PRIMARY KEY (source_id)
);
INSERT INTO "source" VALUES(1,'helper.py','35589f7f5a9e963b40d1a9c2d5161cc7','# helper.py
');
INSERT INTO "source" VALUES(2,'train.py','b073a4318555a306900d22b09535979e','"""Record what a small experiment leaves behind with sacred 0.7.5, by each of its observers.

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
');
COMMIT;
