"""The functions of the built-in options, called with the value and the run.

Flags and help texts are in `sacred.cli.option_table`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sacred._base.cli_option import CLIOption
from sacred._base.loggers import log_level_number
from sacred._base.text import did_you_mean
from sacred.cli.errors import CommandLineError, UncleanRepositoryError
from sacred.cli.option_table import row_of
from sacred.commands import print_config

if TYPE_CHECKING:
    from sacred.run import Run

__all__ = [
    "beat_interval_option",
    "capture_option",
    "comment_option",
    "debug_option",
    "enforce_clean_option",
    "force_option",
    "group_option",
    "help_option",
    "id_option",
    "loglevel_option",
    "name_option",
    "pdb_option",
    "print_config_option",
    "priority_option",
    "queue_option",
    "resume_option",
    "reuse_option",
    "strict_option",
    "tag_option",
    "tape_option",
    "unobserved_option",
]

_CAPTURE_MODES = ("no", "sys", "fd")


def _option(long: str) -> Callable[[Callable[[Any, Run], None]], CLIOption]:
    row = row_of(long)

    def decorator(function: Callable[[Any, Run], None]) -> CLIOption:
        return CLIOption(function, row.short or None, row.long, row.is_flag)

    return decorator


@_option("--beat-interval")
def beat_interval_option(args: str | float, run: Run) -> None:
    """Set `run.beat_interval`.

    Args:
        args: seconds, as a string or number.
        run: the run that is about to start.

    Raises:
        CommandLineError: it is not a number of seconds, 0 or more.
    """
    seconds = _number(args)
    if seconds is None or seconds < 0:
        raise CommandLineError(
            f"The beat interval must be a number of seconds, 0 or more, not {args!r}."
        )
    run.beat_interval = seconds


@_option("--capture")
def capture_option(args: str, run: Run) -> None:
    """Set `run.capture_mode`.

    Args:
        args: ``no``, ``sys`` or ``fd``.
        run: the run that is about to start.

    Raises:
        CommandLineError: there is no such mode.
    """
    if args not in _CAPTURE_MODES:
        hint = did_you_mean(args, _CAPTURE_MODES)
        raise CommandLineError(
            f"Unknown capture mode {args!r}. Available are no, sys and fd. {hint}".rstrip()
        )
    run.capture_mode = args


@_option("--comment")
def comment_option(args: str, run: Run) -> None:
    """Set ``run.meta_info["comment"]``.

    Args:
        args: the comment.
        run: the run that is about to start.
    """
    run.meta_info["comment"] = args


@_option("--completion")
def completion_option(args: str, run: Run) -> None:
    """Do nothing: a script is printed and nothing is run.

    Args:
        args: the shell.
        run: not used.
    """


@_option("--debug")
def debug_option(args: bool, run: Run) -> None:
    """Set `run.debug`.

    Args:
        args: True.
        run: the run that is about to start.
    """
    run.debug = True


@_option("--enforce_clean")
def enforce_clean_option(args: bool, run: Run) -> None:
    """Check that no repository of the sources has uncommitted changes.

    Args:
        args: True.
        run: the run that is about to start.

    Raises:
        UncleanRepositoryError: one has uncommitted changes, or there is no repository.
    """
    repositories = run.experiment_info.get("repositories") or []
    if not repositories:
        raise UncleanRepositoryError(
            "--enforce_clean: no git repository of the sources was found. Are they committed, "
            "is git installed, and is save_git_info on?"
        )
    dirty = [str(repository["url"]) for repository in repositories if repository["dirty"]]
    if dirty:
        raise UncleanRepositoryError(f"--enforce_clean: uncommitted changes in {', '.join(dirty)}")


@_option("--force")
def force_option(args: bool, run: Run) -> None:
    """Set `run.force`; it switches off warnings that are issued when the run is created.

    Args:
        args: True.
        run: the run that is about to start.
    """
    run.force = True


@_option("--group")
def group_option(args: str, run: Run) -> None:
    """Set ``run.meta_info["group"]``.

    Args:
        args: the name of the group.
        run: the run that is about to start.
    """
    run.meta_info["group"] = args


@_option("--help")
def help_option(args: bool, run: Run) -> None:
    """Do nothing: help is shown and nothing is run.

    Args:
        args: True.
        run: not used.
    """


@_option("--id")
def id_option(args: Any, run: Run) -> None:
    """Set the id of the run.

    Args:
        args: the id.
        run: the run that is about to start.
    """
    run._id = args


@_option("--loglevel")
def loglevel_option(args: str | int, run: Run) -> None:
    """Set the level of the run's logger and of the loggers of its functions.

    Args:
        args: a name such as ``INFO``, or a number.
        run: the run that is about to start.

    Raises:
        CommandLineError: there is no such level.
    """
    level = log_level_number(args)
    run.run_logger.setLevel(level)
    run.bindings.log_level = level


@_option("--name")
def name_option(args: str, run: Run) -> None:
    """Rename the experiment and the run's logger.

    Args:
        args: the new name.
        run: the run that is about to start.
    """
    run.experiment_info["name"] = args
    old, new = run.run_logger, run.root_logger.getChild(args)
    new.setLevel(old.level)  # as --loglevel may have set it
    run.run_logger = new


@_option("--pdb")
def pdb_option(args: bool, run: Run) -> None:
    """Set `run.pdb`.

    Args:
        args: True.
        run: the run that is about to start.
    """
    run.pdb = True


@_option("--print-config")
def print_config_option(args: bool, run: Run) -> None:
    """Print the configuration, followed by a line.

    Args:
        args: True.
        run: the run that is about to start.
    """
    print_config(run)
    print("-" * 79)


@_option("--priority")
def priority_option(args: str | float, run: Run) -> None:
    """Set ``run.meta_info["priority"]`` to a float.

    Args:
        args: a number, or a string with one.
        run: the run that is about to start.

    Raises:
        CommandLineError: it is not a number.
    """
    number = _number(args)
    if number is None:
        raise CommandLineError(f"The priority must be a number, not {args!r}.")
    run.meta_info["priority"] = number


@_option("--queue")
def queue_option(args: bool, run: Run) -> None:
    """Set `run.queue_only`.

    Args:
        args: True.
        run: the run that is about to be queued.
    """
    run.queue_only = True


@_option("--reuse")
def reuse_option(args: bool, run: Run) -> None:
    """Set `run.reuse`.

    Args:
        args: True.
        run: the run that is about to start.
    """
    run.reuse = True


@_option("--resume")
def resume_option(args: Any, run: Run) -> None:
    """Do nothing: the run was already created with it.

    Args:
        args: the id of the run.
        run: not used.
    """


@_option("--strict")
def strict_option(args: bool, run: Run) -> None:
    """Refuse updates that nothing has read; the other checks happen when the run is created.

    Args:
        args: True.
        run: the run, which is checked when it has ended.
    """
    run.is_strict = True


@_option("--tag")
def tag_option(args: str | Iterable[str], run: Run) -> None:
    """Add to `run.tags`.

    Args:
        args: tags; each string has one, or several separated by commas.
        run: the run.
    """
    for text in [args] if isinstance(args, str) else args:
        for tag in filter(None, map(str.strip, str(text).split(","))):
            if tag not in run.tags:
                run.tags.append(tag)


@_option("--tape")
def tape_option(args: bool, run: Run) -> None:
    """Set `run.tape`, which records the calls of captured functions.

    Args:
        args: True.
        run: the run that is about to start.
    """
    # Not at the top: few ask for it.
    from sacred.lifecycle.tape import Tape

    run.tape = Tape(getattr(run.experiment, "base_dir", None))
    run.tape.attach(run.bindings)


@_option("--unobserved")
def unobserved_option(args: bool, run: Run) -> None:
    """Set `run.unobserved`.

    Args:
        args: True.
        run: the run that is about to start.
    """
    run.unobserved = True


def _number(value: Any) -> float | None:
    """The finite number that a text stands for, or None."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
