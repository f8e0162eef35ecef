"""Metrics, info, resources and artifacts: what a run leaves behind.

``-F`` keeps a record in files, each run in a directory with a number::

    $ python 12_metrics_and_artifacts.py -F runs with steps=4 seed=1
    INFO - metrics_and_artifacts - Running command 'main'
    INFO - metrics_and_artifacts - Started run with ID "1"
    INFO - metrics_and_artifacts - Result: 0.5
    INFO - metrics_and_artifacts - Completed after 0:00:00

    $ ls runs runs/1
    runs:
    1
    _resources
    _sources

    runs/1:
    _environment.json
    _provenance.json
    config.json
    cout.txt
    info.json
    metrics.json
    path.csv
    run.json

``_run.log_scalar`` adds points to a metric::

    $ cat runs/1/metrics.json
    {
    "loss": {
      "steps": [0, 1, 2, 3],
      "timestamps": ["...", "...", "...", "..."],
      "values": [64.0, 16.0, 4.0, 1.0]
    }
    }

``_run.info`` is a dict for all the rest::

    $ cat runs/1/info.json
    {
      "lines_of_code": ...
    }

Artifacts are files that the run made; resources are files that it read::

    $ cat runs/1/path.csv
    0,8.0
    1,4.0
    2,2.0
    3,1.0
"""

import csv
import tempfile
from pathlib import Path

from sacred import Experiment

ex = Experiment("metrics_and_artifacts")


@ex.config
def settings():
    start = 8.0
    rate = 0.25
    steps = 10


@ex.automain
def main(start, rate, steps, _run):
    """Walk down the parabola x**2."""
    # Opened in this way, the file is part of the record.
    with _run.open_resource(__file__) as file:
        _run.info["lines_of_code"] = len(file.readlines())

    x = start
    path = []
    for step in range(steps):
        _run.log_scalar("loss", x**2, step)
        path.append((step, x))
        x -= rate * 2 * x

    with tempfile.TemporaryDirectory() as directory:
        table = Path(directory, "path.csv")
        with table.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(path)
        _run.add_artifact(table)
    return x
