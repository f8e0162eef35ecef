"""A project whose experiments and programs a board may launch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sacred.app.launchables import launchables_of
from sacred.app.project import find_project
from sacred.queue.launching import Launcher
from sacred.runs import RunStore

__all__ = ["launcher_for", "write_project"]

_SCRIPT = """
import pathlib
from typing import Literal

from sacred import Experiment
from sacred.observers import FileStorageObserver

ex = Experiment("digits", save_git_info=False)
ex.observers.append(FileStorageObserver("own"))
print("a script may print something")


@ex.config
def settings():
    lr: float = 0.1  # the step size
    kind: Literal["adam", "sgd"] = "adam"
    opt = {"momentum": 0.9, "name": "x"}
    layers = [64, 64]
    note = "<b>hi</b>"
    verbose = False


@ex.automain
def main(lr, kind, opt, layers, note, verbose):
    pathlib.Path("ran").write_text("it ran")
    return lr
"""
_BY_ITSELF = """
import pathlib
from sacred import Experiment
ex = Experiment("rash", save_git_info=False)

@ex.main
def main():
    pathlib.Path("ran").write_text("it ran")

ex.run()
"""
_PROJECT = """
[experiments.train]
script = "train.py"
help = "a small network"

[experiments.rash]
script = "rash.py"

[programs.simulate]
command = "echo {n} {mode}"
[programs.simulate.parameters]
n = {type = "int", default = 3, min = 1, max = 9, help = "number of steps"}
mode = {type = "str", choices = ["fast", "exact"], default = "fast"}
"""


def write_project(directory: Path) -> None:
    """Write a project file and its scripts."""
    directory.mkdir(exist_ok=True)
    (directory / "train.py").write_text(_SCRIPT)
    (directory / "rash.py").write_text(_BY_ITSELF)
    (directory / ".sacred.toml").write_text(_PROJECT)


def launcher_for(
    directory: Path, addresses: Mapping[RunStore, str], timeout: float = 120.0
) -> Launcher:
    """What launches those of a project, into some stores."""
    return Launcher(lambda: launchables_of(find_project(directory)), addresses.get, timeout)
