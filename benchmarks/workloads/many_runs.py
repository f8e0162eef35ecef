"""Run after run in one process, each with a record of its own."""

import json
import os

import _tools

COUNT = _tools.scaled(200)


def in_runs():
    from sacred import Experiment
    from sacred.observers import FileStorageObserver

    ex = _tools.quiet(Experiment("runs", save_git_info=False))
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
