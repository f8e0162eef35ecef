"""A long run, and how much memory it took."""

from __future__ import annotations

import sys

from sacred import Experiment

ex = Experiment("long", save_git_info=False)


@ex.config
def config():
    points = 1000
    output = 1000
    artifacts = 10


@ex.main
def main(_run, points, output, artifacts):
    with open("artifact", "wb") as file:
        file.write(b"a" * 1000)
    line = "x" * 99 + "\n"
    lines = output // len(line)
    # All three at once, from start to end.
    for n in range(points):
        _run.log_scalar("loss", n / 7)
        if n * lines // points != (n + 1) * lines // points:
            for _ in range((n + 1) * lines // points - n * lines // points):
                sys.stdout.write(line)
        if n * artifacts // points != (n + 1) * artifacts // points:
            _run.add_artifact("artifact", f"a/{n}", content_type="application/octet-stream")


def _peak():
    """In kB. What `resource` says may be of the process that has started this one."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


if __name__ == "__main__":
    ex.run_commandline()
    print(_peak(), file=sys.stderr)
