"""Workers: one process per library, which executes script after script."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.differential.model import Case
from tests.differential.services import Place, Services

__all__ = ["ROOT", "WARM_UP", "Outcome", "Pair", "Side"]

ROOT = Path(__file__).resolve().parents[2]

Outcome = dict[str, Any]

#: Loads what the scripts load, so that the forked processes need not.
WARM_UP = """
import tempfile
for name in ("numpy", "pymongo", "gridfs", "boto3", "tinydb", "yaml", "pandas", "git", "sqlalchemy",
             "hashfs", "jsonpickle", "bson", "sqlite3", "mako.template", "sqlalchemy.orm"):
    try:
        __import__(name)
    except ImportError:
        pass
import sacred, sacred.observers, sacred.stdout_capturing
from sacred.observers import *
ex = sacred.Experiment("warm", interactive=True, save_git_info=False)
ex.observers.append(FileStorageObserver(tempfile.mkdtemp()))
mode, sacred.SETTINGS.CAPTURE_MODE = sacred.SETTINGS.CAPTURE_MODE, "sys"
ex.add_config(a=1)
@ex.command(unobserved=False)
def go(_rnd, _seed, a): pass
ex.run("go", options={"--loglevel": "ERROR"})
sacred.SETTINGS.CAPTURE_MODE = mode
import logging
logging.root.handlers.clear()
logging.root.setLevel(logging.WARNING)
"""


class Side:
    """A library: its worker starts with the first case.

    Args:
        python: the interpreter of an environment with the library.
        home: what goes before everything else on its path (the checkout), if anything.
    """

    def __init__(self, python: str | Path = sys.executable, home: Path | None = None) -> None:
        self._python, self._home = str(python), home
        self._process: subprocess.Popen[str] | None = None

    def send(self, case: Case, place: Place) -> None:
        """Have a case executed."""
        if self._process is None:
            self._process = self._start()
        request: dict[str, Any] = {
            "files": dict(case.files), "script": case.script, "arguments": list(case.arguments),
            **place.request(),
        }  # fmt: skip
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Outcome:
        """What came of it."""
        assert self._process is not None
        assert self._process.stdout is not None
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the worker has ended")
        outcome: Outcome = json.loads(answer)
        return outcome

    def run(self, case: Case, place: Place) -> Outcome:
        """Execute a case."""
        self.send(case, place)
        return self.receive()

    def close(self) -> None:
        """End the worker."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[str]:
        environment = {"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0", "LANG": "C.UTF-8"}
        environment["OPENBLAS_NUM_THREADS"] = "1"
        if self._home is not None:
            environment["PYTHONPATH"] = str(self._home)
        worker = Path(__file__).with_name("worker.py")
        return subprocess.Popen(
            [self._python, "-W", "ignore", str(worker), WARM_UP],
            env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip


class Pair:
    """The old library and this project, side by side."""

    def __init__(self, old: Side, new: Side, services: Services) -> None:
        self._sides, self._services = (old, new), services

    def run(self, case: Case) -> tuple[Outcome, Outcome]:
        """What both make of a case, at the same time."""
        for side in self._sides:
            side.send(case, self._services.new(case.service))
        old, new = (side.receive() for side in self._sides)
        return old, new

    def __enter__(self) -> Pair:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        for side in self._sides:
            side.close()
