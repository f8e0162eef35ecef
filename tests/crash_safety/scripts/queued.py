"""A trivial run, queued as often as the environment says, and run by workers."""

import os
import sys
import time

from sacred import Experiment
from sacred.observers import StoreObserver
from sacred.stores import store_from_url

ex = Experiment("queued")
ex.observers.append(StoreObserver(store_from_url(os.environ["QUEUED_STORE"])))


@ex.config
def settings():
    number = 0
    seconds = 0.0


@ex.main
def main(number, seconds, _run):
    print(f"begin {os.getpid()}")
    for step in range(3):
        _run.log_scalar("loss", float(os.getpid()), step)
    _run.heartbeat.beat()
    time.sleep(seconds)
    print(f"end {os.getpid()}")
    return {"number": number, "process": os.getpid()}


if __name__ == "__main__":
    if count := int(os.environ.pop("QUEUED_COUNT", 0)):
        for n in range(count):
            given = [f"number={n}", f"seconds={0.05 * (n % 5)}"]
            ex.run_commandline([sys.argv[0], "-q", "-l", "ERROR", "with", *given])
    else:
        ex.run_commandline()
