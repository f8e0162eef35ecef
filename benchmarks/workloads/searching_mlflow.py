"""mlflow searching runs that its own client has stored: ``file`` or ``sqlite``.

500 runs only: to store one takes a tenth of a second and more.
"""

import os
import random
import shutil
import statistics
import sys
import time
import warnings
from pathlib import Path

import _tools

warnings.simplefilter("ignore")
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # newer ones want to be asked for it

KIND = sys.argv[1]
COUNT = max(1, _tools.scaled(100_000) // 200)
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "sacred-bench", "searching")
PLACE = HOME / f"mlflow-{KIND}-{COUNT}"
URL = PLACE.as_uri() if KIND == "file" else f"sqlite:///{PLACE}/runs.db"


def fill(client):
    from mlflow.entities import Metric, Param

    experiment, rnd = client.create_experiment("digits"), random.Random(1)
    for n in range(COUNT):
        run_id = client.create_run(experiment).info.run_id
        logged = {"lr": 10 ** rnd.uniform(-5, -1), "result": rnd.random()}
        metrics = [Metric(name, value, 0, 0) for name, value in logged.items()]
        params = [Param("seed", "1"), Param("opt.name", "adam"), Param("epochs", "9")]
        client.log_batch(run_id, metrics=metrics, params=params)
        client.set_terminated(run_id, "FAILED" if n % 10 == 0 else "FINISHED")


def main():
    from mlflow import MlflowClient

    done = PLACE.with_suffix(".complete")
    if not done.exists():
        shutil.rmtree(PLACE, ignore_errors=True)
        PLACE.mkdir(parents=True)
        fill(MlflowClient(URL))
        done.touch()
    measured = []
    for _ in range(4):
        began = time.perf_counter()
        client = MlflowClient(URL)
        experiment = client.get_experiment_by_name("digits").experiment_id
        found = client.search_runs(
            [experiment],
            "attributes.status = 'FINISHED' and metrics.lr < 0.01",
            order_by=["metrics.result DESC"],
            max_results=20,
        )
        measured.append(time.perf_counter() - began)
        assert len(found) == min(20, len(found))
    _tools.report(beside=statistics.median(measured[1:]))


main()
