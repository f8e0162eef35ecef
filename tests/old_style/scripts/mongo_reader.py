"""The same over MongoDB, with pymongo and GridFS as dashboards do it."""
# $ mongo

import os

import gridfs
import pymongo
from sacred import SETTINGS, Experiment
from sacred.observers import MongoObserver

SETTINGS.CAPTURE_MODE = "sys"
ex = Experiment("mongo grid", save_git_info=False)
url, name = os.environ["MONGO_URL"], os.environ["MONGO_DB"]
ex.observers.append(MongoObserver(url=url, db_name=name))
ex.add_config(lr=0.1, net={"layers": [4, 4]})


@ex.main
def main(lr, net, _run):
    for epoch in range(3):
        _run.log_scalar("val.loss", lr * epoch)
    with open("result.txt", "w") as file:
        file.write("lr is %s" % lr)
    _run.add_artifact("result.txt")
    if lr > 0.4:
        raise RuntimeError("diverged")
    return {"acc": lr, "layers": net["layers"]}


for lr in (0.1, 0.2, 0.5):
    try:
        ex.run(config_updates={"lr": lr, "seed": 5}, options={"--loglevel": "ERROR"})
    except RuntimeError as error:
        print("failed:", error)

database = pymongo.MongoClient(url)[name]
files = gridfs.GridFS(database)
for run in database.runs.find({"config.lr": {"$gt": 0.1}}).sort("_id"):
    print(
        run["_id"], run["status"], run["config"]["lr"], run.get("result"), run["experiment"]["name"]
    )
    for reference in run["info"]["metrics"]:
        metric = database.metrics.find_one({"run_id": run["_id"], "name": reference["name"]})
        print("  ", metric["name"], metric["steps"], metric["values"], len(metric["timestamps"]))
    for artifact in run["artifacts"]:
        print("  ", artifact["name"], files.get(artifact["file_id"]).read().decode())
    print("  ", (run.get("fail_trace") or ["none"])[-1].strip())
