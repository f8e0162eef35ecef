"""A git repository around a workload."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["make_repository"]


def make_repository(here: Path) -> None:
    """Make a git repository of a directory, with all its files in the first commit."""
    for command in ("init -q", "add .", "commit -q -m all"):
        who = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
        subprocess.run(["git", *who, *command.split()], cwd=here, check=True)
