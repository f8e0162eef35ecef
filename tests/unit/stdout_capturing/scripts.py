"""Run a script that captures its own output, with given targets, and look at both sides."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]

_PROLOGUE = """\
import ctypes, json, os, subprocess, sys, threading, time
from sacred.stdout_capturing import get_stdcapturer
capture = get_stdcapturer("fd")[1]
RECORD = sys.argv[1]
def record(*values):
    with open(RECORD, "w", encoding="utf-8") as file:
        json.dump(values, file)
"""


@dataclass
class Outcome:
    """What the script told by `record(...)`, what came out of it, and how it ended."""

    values: list[Any]
    out: str
    err: str
    returncode: int
    seconds: float

    @property
    def value(self) -> Any:
        """The only value recorded."""
        (value,) = self.values
        return value


def prepare(tmp_path: Path, body: str) -> tuple[list[str], dict[str, str], Path]:
    """Write the script; return the command, its environment, and the file of `record`."""
    script, values = tmp_path / "script.py", tmp_path / "values.json"
    script.write_text(_PROLOGUE + body, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "PYTHONFAULTHANDLER": "1"}
    return [sys.executable, str(script), str(values)], environment, values


def recorded(path: Path) -> list[Any]:
    """Return what the script has given to `record`."""
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def run_with_pipes(tmp_path: Path, body: str, merge: bool = False, **options: Any) -> Outcome:
    """Run `body` with stdout and stderr in two pipes, or (`merge`) in one."""
    command, environment, values = prepare(tmp_path, body)
    started = time.monotonic()
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merge else subprocess.PIPE,
        timeout=30,
        encoding="utf-8",
        errors="surrogateescape",
        **options,
    )
    return Outcome(
        recorded(values),
        done.stdout,
        done.stderr or "",
        done.returncode,
        time.monotonic() - started,
    )


def run_in_terminal(
    tmp_path: Path, body: str, size: tuple[int, int] = (33, 99), stderr: Any = None
) -> Outcome:
    """Run `body` in a terminal of `size` (lines, columns); `stderr`: there too, or a file."""
    import fcntl
    import struct
    import termios

    command, environment, values = prepare(tmp_path, body)
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    started = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, stdin=slave, stdout=slave, stderr=stderr or slave
    )
    os.close(slave)
    out = bytearray()
    while True:
        try:
            data = os.read(master, 1 << 16)
        except OSError:
            break
        if not data:
            break
        out += data
    returncode = process.wait(30)
    os.close(master)
    return Outcome(recorded(values), out.decode(), "", returncode, time.monotonic() - started)
