"""The page of mlflow over 500 runs that its own client has stored; see ``searching_mlflow.py``."""

import os
import random
import shutil
import statistics
import sys
from functools import partial

import _pages
import _tools
from _pages import until

COUNT = max(1, _tools.scaled(100_000) // 200)
PLACE = _pages.HOME / f"mlflow-{COUNT}"
URL = f"sqlite:///{PLACE}/runs.db"
#: The page shows names of runs as links.
ROWS = "document.querySelectorAll('a[href*=\"/runs/\"]').length >= 10"


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
    client = MlflowClient(URL)
    experiment = client.get_experiment_by_name("digits").experiment_id
    port = 8900 + os.getpid() % 900
    address = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", URL]
    words += ["--port", str(port), "--workers", "1"]
    with _pages.serving(words, f"{address}/health"), _pages.chromium() as browser:
        rows, filtered = [], []
        for _ in range(3):
            with _pages.new_page(browser) as page:
                listed = f"{address}/#/experiments/{experiment}/runs"
                page.goto(listed)
                page.wait_for_function(ROWS)
                page.goto("about:blank")
                rows.append(until(page, partial(page.goto, listed), ROWS))
                page.goto("about:blank")
                some = f"{listed}?searchFilter=metrics.lr%20%3C%200.01"
                filtered.append(until(page, partial(page.goto, some), ROWS))
    _tools.report(beside=statistics.median(rows), beside_filter=statistics.median(filtered))


main()
