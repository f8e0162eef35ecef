"""Log points of metrics: what the script itself waits for."""

import time

import _tools

COUNT = _tools.scaled(200_000)


def measure(log):
    _tools.report(call=_tools.per_call(log, COUNT, "loss", 0.5))


def by_hand():
    points = []
    append, now = points.append, time.time

    def log(name, value):
        append((name, value, now()))

    measure(log)


def in_a_run():
    from sacred import Experiment
    from sacred.observers import FileStorageObserver

    ex = _tools.quiet(Experiment("scalars", save_git_info=False))
    ex.observers.append(FileStorageObserver("runs"))

    @ex.main
    def main(_run):
        measure(_run.log_scalar)

    ex.run()


by_hand() if _tools.IS_LIMIT else in_a_run()
