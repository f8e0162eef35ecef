"""Runs of a small grid, then a table of them read from the files with nothing but json."""
# $

import glob
import json
import os

from sacred import SETTINGS, Experiment
from sacred.observers import FileStorageObserver

SETTINGS.CAPTURE_MODE = "sys"
ex = Experiment("grid", save_git_info=False)
ex.observers.append(FileStorageObserver("runs"))
ex.add_config(lr=0.1, layers=[4, 4], tag=None)


@ex.main
def main(lr, layers, _run):
    for epoch in range(3):
        _run.log_scalar("loss", 1 / (1 + epoch * lr * len(layers)))
    _run.info["best"] = {"epoch": 2}
    return lr * len(layers)


for lr in (0.1, 0.5):
    for layers in ([4], [4, 8]):
        updates = {"lr": lr, "layers": layers, "seed": 5}
        ex.run(config_updates=updates, options={"--loglevel": "ERROR"})

rows = []
for path in sorted(glob.glob(os.path.join("runs", "*", "run.json"))):
    with open(path) as file:
        run = json.load(file)
    directory = os.path.dirname(path)
    config = json.load(open(os.path.join(directory, "config.json")))
    metrics = json.load(open(os.path.join(directory, "metrics.json")))
    info = json.load(open(os.path.join(directory, "info.json")))
    rows.append(
        (
            os.path.basename(directory),
            run["status"],
            config["lr"],
            config["layers"],
            run["result"],
            metrics["loss"]["values"][-1],
            metrics["loss"]["steps"],
            info["best"]["epoch"],
            run["meta"]["command"],
        )
    )
for row in rows:
    print(*row)
