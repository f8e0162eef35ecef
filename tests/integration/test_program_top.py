"""``sacred top``: the table of runs that is kept up to date."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sacred import Experiment
from sacred.app import main
from sacred.observers import FileStorageObserver
from tests.services.terminals import needs_terminals


def add_run(directory: Path, lr: float) -> None:
    experiment = Experiment("vision", save_git_info=False, interactive=True)
    experiment.observers.append(FileStorageObserver(directory / "runs"))

    @experiment.config
    def settings() -> None:
        lr = 0.1

    @experiment.main
    def train(_run, lr):  # type: ignore[no-untyped-def]
        for name in ("system.cpu", "loss"):
            _run.log_scalar(name, 2.5)
        return 10 * lr

    experiment.run(config_updates={"lr": lr})


class Screen:
    """What the program draws on a terminal of its own."""

    def __init__(self, directory: Path, *words: str, columns: int = 100) -> None:
        import fcntl
        import struct
        import termios

        self._inner, outer = os.openpty()
        fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("HHHH", 12, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sacred", "top", "--interval", "0.2", *words],
            cwd=directory,
            env={**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8"},
            stdin=outer,
            stdout=outer,
            stderr=outer,
            # Jobs in the background of a shell ignore it, and their children do so.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        os.close(outer)
        self.text = ""

    def wait_for(self, *texts: str) -> list[str]:
        """The lines of the first picture that has all of the texts."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            *pictures, _ = self.text.split("\x1b[J")
            shown = re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", pictures[-1]) if pictures else ""
            if all(text in shown for text in texts):
                return shown.replace("\r", "").splitlines()
            self.read()
        raise AssertionError(f"{texts} not in {self.text!r}")

    def read(self) -> bool:
        try:
            piece = os.read(self._inner, 65536).decode()
        except OSError:  # EIO: the other side is closed
            return False
        self.text += piece
        return bool(piece)

    def interrupt(self) -> int:
        """The exit code after Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        while self.read():
            pass
        os.close(self._inner)
        return self.process.wait()


@needs_terminals
def test_new_runs_appear_until_it_is_interrupted(tmp_path: Path) -> None:
    add_run(tmp_path, 0.5)
    screen = Screen(tmp_path)
    _, heads, *_ = screen.wait_for("1 run: 1 COMPLETED")
    assert heads.split() == [
        "id", "status", "name", "start_time", *heads.split()[4:5], "duration", "result", "loss",
    ]  # fmt: skip
    add_run(tmp_path, 0.25)
    lines = screen.wait_for("2 runs: 2 COMPLETED")
    assert "lr" in lines[1].split()
    assert [line.split()[0] for line in lines[2:4]] == ["2", "1"]
    (tmp_path / "runs").rename(tmp_path / "away")
    screen.wait_for("sacred: ", "COMPLETED")  # what was there stays
    (tmp_path / "away").rename(tmp_path / "runs")
    screen.wait_for("2 runs: 2 COMPLETED")
    assert screen.interrupt() == 0
    assert screen.text.count("\x1b[?1049h") == screen.text.count("\x1b[?1049l") == 1


@needs_terminals
def test_it_fits_into_the_terminal(tmp_path: Path) -> None:
    for n in range(12):
        add_run(tmp_path, n)
    screen = Screen(tmp_path, "lr < 11", "--sort", "lr", columns=40)
    lines = screen.wait_for("the first 8 runs: 8")
    assert len(lines) <= 12
    assert max(map(len, lines)) <= 40
    assert [line.split()[0] for line in lines[2:10]] == [str(n) for n in range(1, 9)]
    assert screen.interrupt() == 0


def test_elsewhere_it_is_printed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_run(tmp_path, 0.5)
    monkeypatch.chdir(tmp_path)
    assert main(["top", "--columns", "id,lr"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("sacred top  1 run: 1 COMPLETED  ")
    assert lines[1:] == ["id   lr", " 1  0.5"]
    assert main(["top", "--interval", "0"]) == 2
    assert "above 0, not 0.0" in capsys.readouterr().err
    assert main(["top", "lr <"]) == 1
    assert "missing before the end (column 5)" in capsys.readouterr().err
