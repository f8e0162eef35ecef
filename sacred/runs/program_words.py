"""The words that run a program of ``sacred exec`` again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sacred._base.paths import iterate_flattened, update_word
from sacred.records import RunRecord
from sacred.records.attribute_dict import thawed

__all__ = ["program_of", "program_words", "runs_python"]

#: The command of runs of programs.
_COMMAND = "exec"
_OPTIONS = {"arg_style": "--arg-style", "config_file": "--config-file"}
_LISTS = {
    "metrics": "--metric",
    "metrics_files": "--metrics-file",
    "inputs": "--input",
    "outputs": "--output",
}


def program_of(record: RunRecord) -> Mapping[str, Any] | None:
    """Return what is recorded of the program of ``sacred exec``; None for other runs."""
    found = record.environment.get("program") if record.command == _COMMAND else None
    return found if isinstance(found, Mapping) and found.get("words") else None


def runs_python(record: RunRecord) -> bool:
    """Whether a run is a Python run: an experiment, or a program that is known to start Python."""
    program = program_of(record)
    if program is None:
        return True
    trace = record.environment.get("trace") or {}
    started = [row.get("path") for row in trace.get("programs") or ()]
    names = (os.path.basename(str(path)) for path in (program.get("executable"), *started))
    return any(name.startswith(("python", "pypy")) for name in names)


def program_words(record: RunRecord, updates: tuple[str, ...] = ()) -> list[str] | None:
    """Return the words after ``sacred exec`` that run the program of a run again.

    Args:
        record: the run.
        updates: words after ``with``, in addition to the recorded parameters.

    Returns:
        the words; None if it is not the run of a program.
    """
    program = program_of(record)
    if program is None:
        return None
    options = [f"--name={record.name}"]
    options += [f"{flag}={program[name]}" for name, flag in _OPTIONS.items() if program.get(name)]
    for name, flag in _LISTS.items():
        options += [f"{flag}={value}" for value in program.get(name) or ()]
    config = dict(iterate_flattened(thawed(record.config)))
    if program.get("arg_style") and not program.get("seed_in_arguments"):
        # Behind ``with``, it would be one more argument of the program.
        seeds = [
            f"seed={config.pop('seed', None)}",
            *(word for word in updates if word.startswith("seed=")),
        ]
        options.append(f"--{seeds[-1]}")
        updates = tuple(word for word in updates if word not in seeds)
    if "trace" not in record.environment and not program.get("is_traced"):
        options.append("--no-trace")
    parameters = (update_word(path, value) for path, value in config.items())
    return [*options, "with", *parameters, *updates, "--", *map(str, program["words"])]
