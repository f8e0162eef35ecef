"""Run after run in one process.

Each has a record of its own, or with the argument ``unobserved`` none. With a second one,
``git``, the state of the git repository is looked up.
"""

import json
import os
import sys

import _tools

COUNT = _tools.scaled(200)
IS_OBSERVED = sys.argv[1] == "file"
IN_GIT = "git" in sys.argv


def in_runs():
    from sacred import Experiment
    from sacred.observers import FileStorageObserver

    ex = _tools.quiet(Experiment("runs", save_git_info=IN_GIT))
    if IS_OBSERVED:
        ex.observers.append(FileStorageObserver("runs"))
    ex.add_config(a=1, b=2)

    @ex.main
    def main(a, b):
        return a + b

    ex.run()
    watch = _tools.Stopwatch()
    for number in range(COUNT):
        ex.run(config_updates={"a": number})
    _tools.wait_for_threads()
    return watch


def by_hand():
    """The least: a directory, three files at the start, one of them again at the end."""
    watch = _tools.Stopwatch()
    for number in range(COUNT):
        os.makedirs(f"runs/{number}")
        for name in ("run", "config", "cout", "run"):
            with open(f"runs/{number}/{name}.tmp", "w") as file:
                json.dump({"a": number, "b": 2, "host": {"name": "host"}}, file)
            os.replace(f"runs/{number}/{name}.tmp", f"runs/{number}/{name}.json")
    return watch


watch = by_hand() if _tools.IS_LIMIT else in_runs()
_tools.report(run=watch.wall() / COUNT, work=watch.cpu() / COUNT)
