"""The commands that repeat a run, as far as they can be known."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from sacred.records import RunRecord

__all__ = ["commands_to_repeat"]


def commands_to_repeat(record: RunRecord) -> list[str]:
    """Return the commands for this directory; empty: there was no script, as in a notebook."""
    if not record.experiment.get("mainfile"):
        return []
    file = f"{record.id}.json"
    store = shlex.quote(record.store)
    return [
        *_checkouts(record),
        f"sacred -s {store} config {record.id} > {shlex.quote(file)}",
        " ".join([*_program(record), *_command(record), "with", shlex.quote(file)]),
    ]


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
