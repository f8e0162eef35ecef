"""The record of a trace: files with their digests, programs, peers, remarks."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sacred._base.masking import mask_passwords, mask_secret_values
from sacred.dependencies.loaded_packages import packages_of_files
from sacred.exec.tracing.accesses import Accesses, FileUse
from sacred.exec.tracing.file_digests import Digests, digests_of
from sacred.exec.tracing.system_files import (
    SystemFiles,
    is_compiled,
    is_device,
    is_outside,
    source_of_compiled,
)

__all__ = ["MAX_STORED_BYTES", "PLACES", "TraceRecord"]

#: Maximum number of names in one list of a record; how many are left out is recorded.
_MAX_NAMES = 5000
_MAX_NAMES_FOR_BUNDLES = 200_000
#: Variables that say where files are, for bundles. No others are recorded.
PLACES = (
    *("PATH", "HOME", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PERL5LIB"),
    *("R_HOME", "R_LIBS", "R_LIBS_USER", "R_LIBS_SITE", "RUBYLIB", "NODE_PATH", "CLASSPATH"),
    *("JULIA_DEPOT_PATH", "JULIA_LOAD_PATH", "JULIA_PROJECT", "LUA_PATH", "LUA_CPATH"),
)
#: Files that are stored with the run by themselves: their size, and their number.
MAX_STORED_BYTES = 100_000_000
_MAX_STORED_FILES = 1000
_OVERWRITTEN = "the run has changed it after reading it"
_MAYBE_NEW = "the run has opened it to read and write, and may have made it"
_CHANGED = "it was changed while the run was reading it"


class TraceRecord:
    """The record of what a program read, wrote and executed.

    Args:
        accesses: what strace saw.
        directory: the working directory of the program.
        started: when it was started, in seconds since 1970.
        version: of strace.
        given: files that were recorded before the run by ``--input``.
        scratch: a directory whose files are not the user's.
        stdin: the file that the program has as its input, if it is one.
        for_bundle: whether to record everything that a bundle needs.

    Attributes:
        inputs: paths of files to be stored as resources.
        outputs: paths of files to be stored as artifacts.
        packages: packages of Python and R that were loaded.
        notes: what is not known, for people.
    """

    def __init__(
        self,
        accesses: Accesses,
        *,
        directory: str,
        started: float,
        version: str,
        given: Iterable[str] = (),
        scratch: str = "",
        stdin: str | None = None,
        for_bundle: bool = False,
    ) -> None:
        self._accesses = accesses
        self._started = started
        self._version = version
        self._given = {os.path.realpath(path) for path in given}
        self._scratch = f"{os.path.realpath(scratch)}{os.sep}" if scratch else None
        self._stdin = stdin
        self._for_bundle = for_bundle
        self._system = SystemFiles(directory, _named_programs(accesses))
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.notes: list[str] = []
        self._read: list[dict[str, Any]] = []
        self._written: list[dict[str, Any]] = []
        self._names: list[str] = []
        for path, use in sorted({**_sources(accesses.files), **accesses.files}.items()):
            self._sort(path, use)
        self.packages = packages_of_files(accesses.files)
        self._add_notes()

    def _sort(self, path: str, use: FileUse) -> None:
        if is_outside(path) or (self._scratch and path.startswith(self._scratch)):
            return
        state = _regular(path)
        is_system = path in self._system
        if state is None and (os.path.lexists(path) or not use.was_read):
            return  # a FIFO, or not there any more
        if path not in self._given and (is_system or self._system.is_private(path)):
            self._names.append(path)
            return
        if use.was_read:
            self._add_input(path, state, use)
        if use.is_written and state is not None:
            self._add_output(path, state)

    def _add_input(self, path: str, state: os.stat_result | None, use: FileUse) -> None:
        unknown = _OVERWRITTEN if use.is_written else _CHANGED
        unknown = _MAYBE_NEW if use.may_be_new else unknown
        is_changed = use.is_written or (state is not None and state.st_mtime > self._started)
        digests = None if is_changed or state is None else _digests(path)
        if digests is not None:
            self._read.append({"path": path, **digests._asdict()})
            if path not in self._given and self._is_stored(path, digests.size, self.inputs):
                self.inputs.append(path)
        elif state is not None or use.is_written:
            # `--input` has recorded it as it was before.
            remark = {} if path in self._given else {"unknown": unknown}
            self._read.append({"path": path, **remark})
            if remark and not use.may_be_new:
                self.notes.append(f"the content of {path} is not known: {unknown} (--input {path})")

    def _add_output(self, path: str, state: os.stat_result) -> None:
        digests = _digests(path)
        if digests is None:
            return
        self._written.append({"path": path, **digests._asdict()})
        if self._is_stored(path, state.st_size, self.outputs):
            self.outputs.append(path)

    def _is_stored(self, path: str, size: int, stored: list[str]) -> bool:
        if size <= MAX_STORED_BYTES and len(stored) < _MAX_STORED_FILES:
            return True
        if size > MAX_STORED_BYTES:
            self.notes.append(f"{path} is recorded by its digest only: it has {size:,} bytes")
        return False

    def _add_notes(self) -> None:
        for name, stored, all_files in (
            ("read", self.inputs, self._read),
            ("written", self.outputs, self._written),
        ):
            if len(stored) >= _MAX_STORED_FILES:
                self.notes.append(
                    f"of {len(all_files)} files {name}, {len(stored)} are stored; the others are "
                    "recorded by their digests only"
                )
        if number := len(self._accesses.running):
            self.notes.append(
                f"{number} processes outlive the program: what they do is not recorded"
            )
        if os.geteuid() != 0:
            for words in self._accesses.programs:
                state = _regular(words[0])
                if state is not None and state.st_mode & stat.S_ISUID:
                    self.notes.append(
                        f"{words[0]} could not become another user, as it was traced: --no-trace"
                    )

    def document(self) -> dict[str, Any]:
        """Return the plain data that are stored."""
        accesses = self._accesses
        limit = _MAX_NAMES_FOR_BUNDLES if self._for_bundle else _MAX_NAMES
        removed = (path for path in accesses.removed if not is_outside(path))
        found: dict[str, Any] = {
            "tool": self._version,
            "calls": accesses.calls,
            **_limited("read", self._read, limit),
            **_limited("written", self._written, limit),
            **_limited("removed", sorted(removed)),
            **_limited("system_files", self._names, limit),
            **_limited("links", [[path, at] for path, at in sorted(accesses.links.items())]),
            **_limited(
                "programs",
                [{"path": p, "arguments": list(w)} for p, *w in accesses.programs],
                limit,
            ),
            **_limited("peers", list(accesses.peers)),
            **_limited("directories", list(accesses.directories)),
            "notes": self.notes[:_MAX_NAMES],
            **self._needs_of_bundles(limit),
        }
        return {name: value for name, value in found.items() if value not in ([], None)}

    def _needs_of_bundles(self, limit: int) -> dict[str, Any]:
        """Return what else `sacred.exec.bundling` needs to repeat the run in an empty root."""
        accesses = self._accesses
        looked_at = self._lasting(accesses.looked_at) if self._for_bundle else []
        compiled = [path for path in accesses.files if is_compiled(path)]
        return {
            **_limited("aliases", self._lasting(accesses.aliases), limit),
            **_limited("looked_at", looked_at, limit),
            **_limited("compiled", self._lasting(compiled), limit),
            **_limited("made_directories", self._lasting(accesses.made_directories), limit),
            "variables": {
                name: mask_secret_values(mask_passwords(os.environ[name]))
                for name in PLACES
                if name in os.environ
            },
            "scratch": self._scratch.rstrip(os.sep) if self._scratch else None,
            "stdin": self._stdin,
            "for_bundle": self._for_bundle or None,
        }

    def _lasting(self, paths: Iterable[str]) -> list[str]:
        scratch = self._scratch or os.devnull
        return sorted(p for p in paths if not is_device(p) and not f"{p}/".startswith(scratch))

    def summary(self) -> str:
        """Return one line that says what was traced."""
        return (
            f"traced files: {len(self._read)} read, {len(self._written)} written, "
            f"{len(self._names)} of the system; programs: {len(self._accesses.programs)}; "
            f"calls: {self._accesses.calls}"
        )


def _named_programs(accesses: Accesses) -> Iterator[str]:
    """The executed programs, and the links to them: that of a virtual environment is one."""
    programs = {words[0] for words in accesses.programs}
    yield from programs
    yield from (path for path in accesses.aliases if os.path.realpath(path) in programs)


def _sources(files: Mapping[str, FileUse]) -> dict[str, FileUse]:
    """Return the sources of the modules that were read in compiled form: the sources count."""
    found = (source_of_compiled(path) for path, use in files.items() if use.was_read)
    return {path: FileUse(was_read=True) for path in found if path and os.path.isfile(path)}


def _limited(name: str, values: list[Any], limit: int = _MAX_NAMES) -> dict[str, Any]:
    shown: dict[str, Any] = {name: values[:limit]}
    if len(values) > limit:
        shown[f"{name}_left_out"] = len(values) - limit
    return shown


def _regular(path: str) -> os.stat_result | None:
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state if stat.S_ISREG(state.st_mode) else None


def _digests(path: str) -> Digests | None:
    try:
        return digests_of(path)
    except OSError:
        return None
