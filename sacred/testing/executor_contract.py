"""The test suite that an engine for workers has to pass."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sacred.executors import Executor

__all__ = ["ExecutorContract"]

#: Seconds that an engine may take for anything.
_PATIENCE = 120.0


def _wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.2)
    return condition()


class ExecutorContract(ABC):
    """Tests for a `sacred.executors.Executor`; pytest collects each class derived from it.

    The engine must start programs on this machine, or where its file system is.
    """

    @pytest.fixture
    @abstractmethod
    def executor(self) -> Executor:
        """The engine."""

    def test_a_program_runs_to_its_end(self, executor: Executor, tmp_path: Path) -> None:
        made = tmp_path / "made by a program, 'quoted'"
        code = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(os.environ['MARK'])"
        handle = executor.submit([sys.executable, "-c", code, str(made)], {"MARK": "a b"}, {})
        assert _wait_until(lambda: not executor.alive(handle))
        assert _wait_until(made.exists)
        assert made.read_text() == "a b"
        executor.cancel(handle)  # nothing happens

    def test_programs_have_handles_of_their_own(self, executor: Executor, tmp_path: Path) -> None:
        code = "import pathlib, sys; pathlib.Path(sys.argv[1]).touch()"
        files = [tmp_path / str(number) for number in range(3)]
        handles = [executor.submit([sys.executable, "-c", code, str(f)], {}, {}) for f in files]
        assert len(set(handles)) == 3
        assert _wait_until(lambda: all(file.exists() for file in files))
        assert _wait_until(lambda: not any(map(executor.alive, handles)))

    def test_a_cancelled_program_gets_a_signal_first(
        self, executor: Executor, tmp_path: Path
    ) -> None:
        started, ended = tmp_path / "started", tmp_path / "ended"
        code = (
            "import pathlib, signal, sys, time\n"
            "def end(number, frame):\n"
            "    pathlib.Path(sys.argv[2]).touch()\n"
            "    sys.exit(0)\n"
            "signal.signal(signal.SIGTERM, end)\n"
            "pathlib.Path(sys.argv[1]).touch()\n"
            "time.sleep(600)\n"
        )
        argv = [sys.executable, "-c", code, str(started), str(ended)]
        handle = executor.submit(argv, {}, {})
        assert executor.alive(handle)
        assert _wait_until(started.exists)
        executor.cancel(handle)
        assert _wait_until(lambda: not executor.alive(handle))
        assert _wait_until(ended.exists)

    def test_a_program_that_fails_is_over(self, executor: Executor) -> None:
        handle = executor.submit([sys.executable, "-c", "raise SystemExit(3)"], {}, {})
        assert _wait_until(lambda: not executor.alive(handle))

    def test_unknown_handles_are_not_alive(self, executor: Executor) -> None:
        assert not executor.alive("999999999")
