"""The files of this machine that a traced run needs, and why."""

from __future__ import annotations

import fnmatch
import glob
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred.exec.bundling.executables import interpreter_of
from sacred.exec.bundling.path_links import follow_links
from sacred.exec.made_files import files_below
from sacred.exec.tracing.system_files import SystemFiles, is_device, source_of_compiled

__all__ = ["UsedFile", "UsedFiles"]

#: Files of the system that nobody gives away.
_SECRETS_OF_SYSTEM = (
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/sudoers",
    "/etc/ssl/private/",
    "/etc/ssh/",
)
_MAX_INTERPRETERS = 5


class UsedFile(Frozen):
    """A file of the run.

    Args:
        path: without links; the same as in the root.
        why: what it is needed for, in words.
        sha256: its digest in the run; None if that is not recorded.
        is_lost: whether the present content is not the one that was read.
    """

    path: str
    why: str
    sha256: str | None = None
    is_lost: bool = False


class UsedFiles:
    """The files that a traced run used.

    Args:
        trace: ``environment.trace`` of its record.
        executable: path of its program.
        directory: its working directory.
        included: patterns of paths of further files.
        excluded: patterns of paths of files that are left out.

    Attributes:
        files: by path.
        links: symbolic links with their targets.
        directories: those that have to exist.
        left_out: paths, each with the reason.
    """

    def __init__(
        self,
        trace: Mapping[str, Any],
        *,
        executable: str,
        directory: str,
        included: Sequence[str] = (),
        excluded: Sequence[str] = (),
    ) -> None:
        self._excluded = excluded
        self._read = {str(row["path"]): row for row in trace.get("read") or ()}
        written = {str(row["path"]) for row in trace.get("written") or ()}
        self._made = written - self._read.keys()
        self._changed = written & self._read.keys()
        self._made_links = {str(row[0]) for row in trace.get("links") or ()}
        self._made_directories = {str(path) for path in trace.get("made_directories") or ()}
        programs = [str(row["path"]) for row in trace.get("programs") or ()]
        self._system = SystemFiles(directory, programs)
        self._environments = tuple(
            f"{os.path.dirname(path)}{os.sep}"
            for path in map(str, trace.get("system_files") or ())
            if os.path.basename(path) == "pyvenv.cfg"
        )
        self._named: set[str] = set()
        self.files: dict[str, UsedFile] = {}
        self.links: dict[str, str] = {}
        self.directories: set[str] = set()
        self.left_out: dict[str, str] = {}
        self._include(included)
        for path in (executable, *programs):
            self._add_program(path)
        self._add_all(self._read, "data")
        self._add_system_files(trace.get("system_files") or ())
        self._add_compiled(trace.get("compiled") or ())
        self._add_all(trace.get("aliases") or (), "data")
        self._add_all(trace.get("looked_at") or (), "looked at, not opened")
        for path in (directory, *(trace.get("directories") or ())):
            self._add_directory(str(path))
        for path in written:
            self._add_directory(os.path.dirname(path))

    def _include(self, patterns: Iterable[str]) -> None:
        for pattern in patterns:
            for name in glob.iglob(os.path.abspath(pattern), recursive=True):
                found = list(files_below(name)) if os.path.isdir(name) else [name]
                self._named.update(map(os.path.realpath, found))
                self._add_all(found, "included")

    def _add_all(self, paths: Iterable[str], why: str) -> None:
        for path in paths:
            self._add(str(path), why)

    def _add_program(self, path: str) -> None:
        why = "program"
        for _ in range(_MAX_INTERPRETERS):
            real = self._add(path, why)
            found = interpreter_of(real)
            if found is None or not os.path.isabs(found):
                return
            path, why = found, f"interpreter of {path}"

    def _add_system_files(self, paths: Iterable[str]) -> None:
        for path in map(str, paths):
            is_library = ".so" in os.path.basename(path)
            self._add(path, "library" if is_library else "system")

    def _add_compiled(self, paths: Iterable[str]) -> None:
        for path in map(str, paths):
            self._add(path, "compiled module")
            source = source_of_compiled(path)
            if source is not None:
                self._add(source, "source of a compiled module")

    def _add(self, path: str, why: str) -> str:
        """Add a path with the links that it leads through; return the path without them."""
        real, links = follow_links(path)
        for link, target in links.items():
            if not is_device(link) and link not in self._made_links:
                self.links[link] = target
        if real in self.files or real in self.left_out or is_device(real) or self._is_made(real):
            return real
        try:
            mode = os.stat(real).st_mode
        except OSError:
            mode = 0
        if stat.S_ISDIR(mode):
            self._add_directory(real)
        elif reason := self._reason_against(real, mode):
            if real in self._read or mode:
                self.left_out[real] = reason
        else:
            row = self._read.get(real, {})
            is_lost = "unknown" in row or real in self._changed or not mode
            self.files[real] = UsedFile(
                path=real, why=why, sha256=row.get("sha256"), is_lost=is_lost
            )
        return real

    def _is_made(self, path: str) -> bool:
        return path in self._made or self._is_in_made_directory(path)

    def _is_in_made_directory(self, path: str) -> bool:
        while path != os.sep and path:
            if path in self._made_directories:
                return True
            path = os.path.dirname(path)
        return False

    def _reason_against(self, path: str, mode: int) -> str:
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in self._excluded):
            return "excluded"
        if f"{os.sep}.git{os.sep}" in path.lower():
            return "a file of a repository's own"
        if path.startswith(_SECRETS_OF_SYSTEM):
            return "a secret of the system"
        is_known = path in self._system or path in self._read or path in self._named
        is_known = is_known or path.startswith(self._environments)
        if not is_known and self._system.is_private(path):
            return "a hidden file, or one that may have secrets (--include packs it)"
        if path in self._read or stat.S_ISREG(mode):
            return "" if not mode or os.access(path, os.R_OK) else "it cannot be read"
        return "a pipe, socket or device" if mode else "it is not there any more"

    def _add_directory(self, path: str) -> None:
        real, links = follow_links(path)
        self.links.update({link: at for link, at in links.items() if link not in self._made_links})
        if not is_device(f"{real}/") and not self._is_in_made_directory(real):
            self.directories.add(real)
