"""Several runs, one after the other, in one process."""

from __future__ import annotations

import sys

from sacred import Experiment

ex = Experiment("many", save_git_info=False)


@ex.config
def config():
    process = 0
    number = 0


@ex.main
def main(_run, process, number):
    print(f"output of {process}/{number}")
    for step in range(5):
        _run.log_scalar("loss", process + step / 8, step)
    _run.info["which"] = [process, number]
    return 1000 * process + number


if __name__ == "__main__":
    process, runs, *options = sys.argv[1:]
    for number in range(int(runs)):
        words = ["many", "with", f"process={process}", f"number={number}", *options]
        ex.run_commandline([*words, "-l", "CRITICAL"])
