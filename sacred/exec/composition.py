"""The composition of a program: its file, its version, its libraries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import Any

from sacred._base.digest import sha256_of_file

__all__ = [
    "INTERPRETERS",
    "composition_of",
    "find_program",
    "interpreter_name",
    "script_in",
]

_TIMEOUT_SECONDS = 10.0
#: Programs that run scripts, and the option that makes them print their version. Nobody knows
#: what another program does with such an option, so no other program is asked.
INTERPRETERS = {
    "python": "-V",
    "pypy": "-V",
    "R": "--version",
    "Rscript": "--version",
    "julia": "--version",
    "perl": "-v",
    "ruby": "--version",
    "node": "--version",
    "octave": "--version",
    "lua": "-v",
    "bash": "--version",
    "zsh": "--version",
    "sh": "",
    "dash": "",
    "java": "--version",
}
#: They are followed not by a file but by the text of a program, or the name of a module.
_NO_SCRIPT = ("-c", "-e", "-m", "-E", "--eval")
_VERSION_SUFFIX = re.compile(r"-?[\d.]+$")


def find_program(name: str, directory: str) -> str | None:
    """Return the absolute path of a program, as the system finds it; None if there is none.

    Args:
        name: as typed: with a slash it is a path, else it is looked up in ``PATH``.
        directory: the working directory, from which relative paths count.
    """
    if os.sep in name:
        path = os.path.normpath(os.path.join(directory, name))
        return path if os.access(path, os.X_OK) and os.path.isfile(path) else None
    found = shutil.which(name)
    return os.path.abspath(found) if found else None


def interpreter_name(path: str) -> str:
    """Return the name of a program without its version.

    >>> interpreter_name("/usr/bin/python3.11")
    'python'
    """
    return _VERSION_SUFFIX.sub("", os.path.basename(path))


def script_in(words: tuple[str, ...], program: str, directory: str) -> str | None:
    """Return the path of the script that a call runs: the file after an interpreter.

    Args:
        words: program and arguments.
        program: its path.
        directory: the working directory.
    """
    if interpreter_name(program) in INTERPRETERS:
        for word in words[1:]:
            if word in _NO_SCRIPT:
                return None
            path = os.path.join(directory, word)
            if not word.startswith("-") and os.path.isfile(path):
                return os.path.realpath(path)
    return program if _is_script(program) else None


def _is_script(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def composition_of(program: str) -> dict[str, Any]:
    """Describe a program: ``executable``, ``sha256``, ``version``, ``libraries``.

    Args:
        program: its path.
    """
    found: dict[str, Any] = {"executable": program}
    try:
        found["sha256"] = sha256_of_file(program)
    except OSError:
        return found  # it may be executed, and not be read
    option = INTERPRETERS.get(interpreter_name(program))
    lines = _answer([program, option]).splitlines() if option else []
    if lines:
        found["version"] = next((line.strip() for line in lines if line.strip()), "")
    if libraries := _libraries(program):
        found["libraries"] = libraries
    return found


def _libraries(program: str) -> list[str]:
    """Return the paths of its libraries, by ``ldd``; scripts and static programs have none."""
    if _is_script(program) or shutil.which("ldd") is None:
        return []
    found = re.findall(r"(?:=> )?(/\S+) \(0x[0-9a-f]+\)", _answer(["ldd", program]))
    return sorted(set(found))


def _answer(words: list[str]) -> str:
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""
