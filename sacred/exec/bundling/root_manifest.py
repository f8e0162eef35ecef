"""Writing ``manifest.json`` of a bundle with a root, and reading it without trusting it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sacred._base.frozen import Frozen
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.scratch_files import path_below

__all__ = ["MANIFEST_NAME", "RootManifest", "read_manifest"]

MANIFEST_NAME = "manifest.json"
_FORMAT = 1
#: What ``run.sh`` writes to, in the root; none of them may be a link.
_OWN_DIRECTORIES = ("/proc", "/dev", "/dev/shm", "/tmp")


class RootManifest(Frozen):
    """What is in a root, how its program is called, and what came of it.

    Args:
        run: id and name of the run, in words.
        machine: its processor, as ``uname -m`` prints it.
        words: path of the program, and its arguments.
        directory: its working directory.
        scratch: a directory that the run had for itself.
        variables: its environment, all of it.
        stdin: the file that is its input; None: none.
        exit_status: of the run.
        results: SHA-256 of the files that it made, by path.
        output: SHA-256 of what it printed; None: that is not known.
        files: rows with ``path``, ``sha256``, ``size`` and ``why``.
        links: symbolic links with their targets.
        directories: those that exist before the run.
        left_out: what is missing, with the reason.
    """

    run: str
    machine: str
    words: tuple[str, ...]
    directory: str
    scratch: str
    variables: Mapping[str, str]
    stdin: str | None
    exit_status: int
    results: Mapping[str, str]
    output: str | None
    files: tuple[Mapping[str, Any], ...]
    links: Mapping[str, str]
    directories: tuple[str, ...]
    left_out: Mapping[str, str]

    def document(self) -> dict[str, Any]:
        """Return the plain data to store."""
        return {"format": _FORMAT, **{name: getattr(self, name) for name in _FIELDS}}


_FIELDS: dict[str, Any] = {
    **dict.fromkeys(("run", "machine", "directory", "scratch"), str),
    **dict.fromkeys(("words", "files", "directories"), list),
    **dict.fromkeys(("variables", "results", "links", "left_out"), dict),
    "exit_status": int,
    "stdin": (str, type(None)),
    "output": (str, type(None)),
}


def read_manifest(directory: Path) -> RootManifest:
    """Read the manifest of a bundle that was unpacked.

    Args:
        directory: of the bundle.

    Raises:
        CannotRestoreError: it is malformed, or names places outside of the root.
    """
    try:
        found = json.loads((directory / MANIFEST_NAME).read_text(encoding="utf-8"))
        if found["format"] != _FORMAT:
            raise CannotRestoreError(f"the root has form {found['format']!r}, not {_FORMAT}")
        values = {name: found[name] for name in _FIELDS}
        paths = [values["directory"], values["scratch"], values["stdin"] or "/", *values["results"]]
        paths += [row["path"] for row in values["files"] if len(row["sha256"]) == 64]
        texts = [*values["words"], *values["variables"].values(), *values["results"].values()]
        is_good = all(isinstance(values[name], kind) for name, kind in _FIELDS.items())
        is_good = is_good and all(isinstance(text, str) for text in [*texts, *paths])
        is_good = is_good and all(map(_is_plain, paths)) and len(values["words"]) > 0
        is_good = is_good and all(map(_is_name, values["variables"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotRestoreError(f"the manifest of its root cannot be read: {error}") from error
    if not is_good:
        raise CannotRestoreError("the manifest of its root is malformed")
    _check_directories(directory / "root", values)
    for name in ("words", "files", "directories"):
        values[name] = tuple(values[name])
    return RootManifest(**values)


def _check_directories(root: Path, values: Mapping[str, Any]) -> None:
    """Refuse a root in which a link would lead files written from outside out of the root."""
    stdin = [values["stdin"]] if values["stdin"] else []
    own: Iterable[str] = (*_OWN_DIRECTORIES, f"{values['scratch']}/files", *stdin)
    for path in own:
        path_below(root, path.lstrip("/"))


def _is_plain(path: str) -> bool:
    return path.startswith("/") and os.path.normpath(path) == path and "\0" not in path


def _is_name(name: str) -> bool:
    return bool(name) and "=" not in name and "\0" not in name
