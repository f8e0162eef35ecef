"""What a sweep costs beside its runs: ``plan`` (points; the next one), ``worker`` or ``trials``.

The limit of ``worker`` is the script itself, of ``trials`` Optuna with its own SQLite storage.
"""

import os
import subprocess
import sys
import time

import _tools

KIND = sys.argv[1]
RUNS = _tools.scaled(20)
TRIALS = _tools.scaled(40)
FINISHED = _tools.scaled(1000)
JOBS = 4
SCRIPT = """
import sys, time
from sacred import Experiment
ex = Experiment("swept", save_git_info=False)

@ex.config
def settings():
    lr, bs, seconds = 0.1, 1, 0.0

@ex.automain
def main(lr, bs, seconds):
    time.sleep(seconds)
    return lr * bs
"""


def call(*words):
    """Seconds that a program takes."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - began


def plan():
    lists = [f"lr={','.join(map(str, range(100)))}", f"bs={','.join(map(str, range(100)))}"]
    dry_run = call("train.py", "sweep", "-F", "runs", "--dry-run", "with", *lists)
    return {"dry_run": dry_run, "ask": ask()}


def ask():
    """Seconds for the next point, by the runs in the store, of a driver that has read them once."""
    from sacred import Experiment
    from sacred.observers import SqlObserver
    from sacred.stores.schemes import store_from_url

    ex = Experiment("swept", save_git_info=False)
    ex.observers.append(SqlObserver("sqlite:///ask.db"))
    ex.add_config(lr=0.1)
    ex.main(lambda lr: lr)
    from sacred import sweeps

    space = {"lr": sweeps.uniform(0, 1)}
    options = {"sampler": "tpe", "trials": 10 * FINISHED, "minimize": "result", "name": "s"}
    sweep = ex.sweep(space, **options)
    store = store_from_url(f"sqlite:///{os.path.abspath('ask.db')}")
    for number in range(FINISHED):
        facts = {"name": "s", "trial": number, "repeat": 0, "values": {"lr": number / FINISHED}}
        document = {"status": "COMPLETED", "command": "main", "host": {}, "result": number}
        document |= {"experiment": {"name": "swept", "sources": []}, "meta": {"sweep": facts}}
        store.create(f"s-{number}", {**document, "config": {"lr": number / FINISHED}}, [])
    sweep.advance(1)
    began = time.perf_counter()
    sweep.advance(2)
    return time.perf_counter() - began


def worker():
    for number in range(RUNS):
        call("train.py", "-q", "-F", "runs", "with", f"bs={number}")
    seconds = call("-m", "sacred", "worker", "-s", "runs", "--until-empty")
    return {"run": seconds / RUNS}


def trials():
    words = ["--sampler", "tpe", "--minimize", "result", "--trials", str(TRIALS), "-j", str(JOBS)]
    space = ["lr=uniform(0,1)", "seconds=1.0"]
    store = ["-s", "sqlite:///runs.db"]
    return {"minutes": call("train.py", "sweep", *store, *words, "with", *space) / 60 / TRIALS}


OPTUNA = """
import sys, time, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)

def objective(trial):
    time.sleep(1)
    return trial.suggest_float("lr", 0, 1)

study = optuna.load_study(study_name="s", storage="sqlite:///optuna.db")
study.optimize(objective, n_trials=int(sys.argv[1]))
"""


def of_optuna():
    import optuna

    optuna.create_study(study_name="s", storage="sqlite:///optuna.db")
    began = time.perf_counter()
    words = [sys.executable, "-c", OPTUNA, str(max(1, TRIALS // JOBS))]
    processes = [subprocess.Popen(words) for _ in range(JOBS)]
    for process in processes:
        process.wait()
    return {"minutes": (time.perf_counter() - began) / 60 / TRIALS}


if __name__ == "__main__":
    with open("train.py", "w") as file:
        file.write(SCRIPT)
    if not _tools.IS_LIMIT:
        _tools.report(**{"plan": plan, "worker": worker, "trials": trials}[KIND]())
    elif KIND == "worker":
        _tools.report(run=sum(call("train.py", "-F", "runs") for _ in range(RUNS)) / RUNS)
    elif KIND == "trials":
        _tools.report(**of_optuna())
