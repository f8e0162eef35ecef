"""The overview that ``sacred --help`` prints."""

from __future__ import annotations

import sys

from sacred.__about__ import __version__
from sacred.app.command_registry import all_commands

__all__ = ["program_help", "version_text"]

_END = """\
Runs are named by ID: 7, last, last~1, best:result, best:-metrics.loss.min, STORE:7
A store is a directory or a URL (mongodb://host/db, sqlite:///runs.db, tinydb:dir,
s3://bucket/prefix). Without -s: $SACRED_STORE, else .sacred.toml of the project, else ./runs

Examples
  sacred ls "config.lr < 0.01 and status = COMPLETED" --sort -result --limit 20
  sacred -s mongodb://localhost/sacred show last
  sacred diff best:result last

sacred COMMAND --help   arguments and examples of a command
sacred --version        the version
"""


def program_help() -> str:
    """Return the overview of all commands."""
    commands = all_commands()
    parts = ["Find, compare and organize the runs of experiments, whatever store keeps them."]
    parts.append("\nUsage: sacred [-s STORE] COMMAND [ARGUMENTS]\n")
    for group in dict.fromkeys(command.group for command in commands.values()):
        parts.append(group)
        for name, command in commands.items():
            if command.group == group:
                call = f"{name} {command.usage}".rstrip()
                parts.append(f"  {call:<22}  {command.summary}")
        parts.append("")
    return "\n".join([*parts, _END])


def version_text() -> str:
    """Return the versions of the package and of Python."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"sacred {__version__} (Python {python})\n"
