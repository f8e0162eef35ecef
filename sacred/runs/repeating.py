"""The commands that repeat a run, as far as they are known."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sacred.definition import UPDATE_WORDS
from sacred.records import RunRecord
from sacred.runs.program_words import program_of, program_words

__all__ = [
    "BUILT_IN_OPTIONS",
    "commands_to_repeat",
    "is_from_command_line",
    "options_of",
    "own_options",
]

#: Options that all experiments have, in all versions; `_` is `-`.
BUILT_IN_OPTIONS = frozenset(
    {
        "--beat-interval",
        "--capture",
        "--comment",
        "--completion",
        "--debug",
        "--enforce-clean",
        "--file-storage",
        "--force",
        "--gcs",
        "--group",
        "--help",
        "--id",
        "--loglevel",
        "--mongo-db",
        "--name",
        "--pdb",
        "--print-config",
        "--priority",
        "--queue",
        "--resume",
        "--reuse",
        "--s3",
        "--sql",
        "--strict",
        "--tag",
        "--tape",
        "--trace",
        "--tiny-db",
        "--unobserved",
    }
)


def commands_to_repeat(record: RunRecord) -> list[str]:
    """Return the commands for this directory; empty if there was no script, as in a notebook."""
    words = program_words(record)
    if words is not None:
        revision = (program_of(record) or {}).get("revision")
        if revision:
            return [shlex.join(["sacred", "exec", f"--rev={revision}", *words])]
        return [*_checkouts(record), shlex.join(["sacred", "exec", *words])]
    if not record.experiment.get("mainfile"):
        return []
    if options_of(record) and not is_from_command_line(record):
        words = [str(word) for word in record.environment.get("arguments") or ()][1:]
        program = [*_program(record), *map(shlex.quote, words)]
        return [*_checkouts(record), f"{' '.join(program)}  # it calls ex.run(...) itself"]
    file = f"{record.id}.json"
    store = shlex.quote(record.store)
    return [
        *_checkouts(record),
        f"sacred -s {store} config {record.id} > {shlex.quote(file)}",
        " ".join(
            [*_program(record), *_command(record), *_options(record), "with", shlex.quote(file)]
        ),
    ]


def is_from_command_line(record: RunRecord) -> bool:
    """Whether a run was started by the command line of its experiment, not by ``ex.run``."""
    return UPDATE_WORDS in options_of(record)


def options_of(record: RunRecord) -> Mapping[str, Any]:
    """Return the command-line options of a run, by their long flags."""
    options = record.meta.get("options")
    return options if isinstance(options, Mapping) else {}


def own_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the given options that the experiment, or a plug-in, has added.

    Args:
        options: all of them, by their long flags.
    """
    return {
        name: value
        for name, value in options.items()
        if name.replace("_", "-") not in BUILT_IN_OPTIONS
        and re.fullmatch(r"--[A-Za-z][\w-]*", name)
        and isinstance(value, str | int | float)
        and value is not False
    }


def _options(record: RunRecord) -> Iterator[str]:
    for name, value in own_options(options_of(record)).items():
        yield name if value is True else f"{name}={shlex.quote(str(value))}"


def _checkouts(record: RunRecord) -> Iterator[str]:
    base = Path(str(record.experiment.get("base_dir") or ""))
    for entry in record.repositories:
        if entry.get("commit"):
            where = "" if _is_below(Path.cwd(), base) or not base.is_dir() else f"-C {_near(base)} "
            yield f"git {where}checkout {entry['commit']}"


def _is_below(directory: Path, other: Path) -> bool:
    """Whether one of them is in the other: then git finds the same repository from both."""
    return directory == other or directory in other.parents or other in directory.parents


def _program(record: RunRecord) -> Iterator[str]:
    """Yield the words that start the script: ``python -m MODULE`` or ``python FILE``."""
    base = Path(str(record.experiment.get("base_dir") or ""))
    script = base / str(record.experiment["mainfile"])
    module = record.experiment.get("module")
    if isinstance(module, str):
        root = _root_of(script, module)
        if root is not None and root != Path.cwd():
            yield f"PYTHONPATH={_near(root)}"
        yield from ("python", "-m", shlex.quote(module))
    else:
        # Its own directory is on the path of modules, wherever it is started from.
        yield from ("python", _near(_archive_of(script) or script))


def _root_of(script: Path, module: str) -> Path | None:
    """The directory that the module was imported from; None: that of installed packages."""
    levels = module.count(".") + (script.name == "__main__.py")
    root = script.parents[levels] if len(script.parents) > levels else None
    is_found = root is None or {"site-packages", "dist-packages"} & set(root.parts)
    return None if is_found or root is None or not root.is_dir() else root


def _archive_of(script: Path) -> Path | None:
    """The zip file that a script is in."""
    return next(
        (path for path in script.parents if path.is_file() or path.suffix in (".pyz", ".zip")), None
    )


def _near(path: Path) -> str:
    """A path for a command line: relative if it is below the working directory."""
    here = Path.cwd()
    relative = path.relative_to(here) if here == path or here in path.parents else path
    return shlex.quote(str(relative))


def _command(record: RunRecord) -> list[str]:
    return [shlex.quote(record.command)] if record.command else []
