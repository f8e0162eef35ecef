"""Commands of the program by name: those of `command_table`, and those of plug-ins."""

from __future__ import annotations

from sacred._base.registry import Registry
from sacred._base.text import did_you_mean
from sacred.app import command_table
from sacred.app.command import Command
from sacred.runs.errors import UsageError

__all__ = ["COMMANDS", "all_commands", "find_command"]

#: Name → `Command`. More come from the entry points ``sacred.commands``.
COMMANDS: Registry = Registry(
    "sacred.commands",
    {
        name: f"{command_table.__name__}:{name}"
        for name, value in vars(command_table).items()
        if isinstance(value, Command)
    },
    kind=Command,
)

#: What people type who are used to other programs.
_OTHER_NAMES = {
    "restore": "rm --undo ID",
    "undo": "rm --undo ID",
    "untrash": "rm --undo ID",
    "delete": "rm ID",
    "remove": "rm ID",
    "list": "ls",
    "untag": "tag ID -TAG",
    "notes": "note ID",
    "plot": "metrics ID --plot",
    "report": "export",
    "info": "show ID",
    "search": "ls QUERY",
}


def all_commands() -> dict[str, Command]:
    """All commands by name; a plug-in that cannot be loaded is left out, with one warning."""
    return COMMANDS.load_all()


def find_command(name: str) -> Command:
    """Return the command with this name.

    Raises:
        UsageError: there is no such command.
        SacredError: it comes from a plug-in that cannot be loaded.
    """
    if name not in COMMANDS:
        names = COMMANDS.names()
        other = _OTHER_NAMES.get(name)
        hint = f"That is: sacred {other}." if other else did_you_mean(name, names)
        hint = hint or f"There are {', '.join(names)}."
        raise UsageError(f"there is no command {name!r}. {hint} (sacred --help)")
    command: Command = COMMANDS.load(name)
    return command
