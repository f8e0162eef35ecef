"""Where the files of a file store are kept: the only part that knows about disks.

A store in a bucket replaces this class and nothing else.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import IO, ClassVar

from sacred._base.frozen import Frozen
from sacred.stores.files.next_id import claim_next, highest_number
from sacred.stores.local_files import (
    SCRATCH,
    content_of,
    has_digest,
    last_use,
    mark_used,
    remove_unused,
    scratch_path,
    sync_to_disk,
    translate_errors,
)
from sacred.stores.store import MissingPartError, RunExistsError, StoreError, StoreNotFoundError

__all__ = ["DISCARD_TIME", "MARK", "TRASH", "Blob", "Blobs", "LocalBlobs", "check_run_id"]

#: The directory with a directory for each run that is in the trash.
TRASH = "_trash"
#: The file in it, and the entry of that file that says since when the run is there.
MARK, DISCARD_TIME = "discarded.json", "time"

Content = bytes | Iterable[bytes]

# A Python file object would ask for the size, the kind and the position of each file.
_BINARY = getattr(os, "O_BINARY", 0)  # Windows
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY
# Whoever can write to a store could make a link that leads anywhere, or a pipe that never ends.
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _BINARY


class Blob(Frozen):
    """One stored content.

    Args:
        name: its name.
        size: in bytes.
        used: when it was stored, changed or marked as used.
        version: changes whenever the content does; empty: unknown.
    """

    name: str
    size: int
    used: datetime.datetime
    version: str = ""


class Blobs(ABC):
    """Contents by name; names are relative, with ``/`` between their parts."""

    #: For messages, and for the name of the place in records.
    root: str
    #: A pattern for the last parts of the names of files that are being written.
    scratch: ClassVar[str]

    @abstractmethod
    def claim(self, run_id: str | None) -> str:
        """Take an id for a new run: `run_id`, or the highest number there is + 1.

        Raises:
            RunExistsError: `run_id` is taken.
        """

    @abstractmethod
    def highest_id(self) -> int:
        """Return the highest id that is a number, also of runs in the trash; 0 if there is none."""

    @abstractmethod
    def write(self, name: str, content: Content) -> None:
        """Replace the content atomically: readers see the old one or the new one.

        Args:
            name: relative, with ``/`` between its parts.
            content: the new content.
        """

    def write_last(self, name: str, content: Content) -> None:
        """Write a file that is durable only together with all others in its folder.

        A place that keeps what it has acknowledged need not do more than `write`.

        Args:
            name: of the file, below the root.
            content: as for `write`.
        """
        self.write(name, content)

    @abstractmethod
    def append(self, name: str, offset: int, content: bytes) -> None:
        """Replace the content by ``content[:offset] + content``.

        Args:
            name: relative, with ``/`` between its parts.
            offset: in bytes, within what is there.
            content: what follows.
        """

    @abstractmethod
    def put_file(self, name: str, path: str) -> None:
        """Replace the content by that of a local file; otherwise like `write`.

        Args:
            name: relative, with ``/`` between its parts.
            path: of the local file.
        """

    def sync_new(self) -> None:  # noqa: B027 - as `write_last`
        """Make durable what `put_file` has stored since the last call."""

    @abstractmethod
    def open(self, name: str) -> IO[bytes]:
        """Open the content for reading; a later replacement does not affect it.

        Raises:
            FileNotFoundError: there is no such content.
        """

    def read(self, name: str) -> bytes:
        """Return the whole content.

        Raises:
            FileNotFoundError: there is no such content.
        """
        with self.open(name) as file:
            return file.read()

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Return whether there is content under that name, or names below it."""

    @abstractmethod
    def use(self, name: str) -> bool:
        """Mark the content under that name as used now; return whether there is any.

        False also if it cannot be marked, and so must be stored again.
        """

    @abstractmethod
    def holds(self, name: str, md5: str, size: int) -> bool:
        """Like `use`, for content that is named by its digest; False also if it is damaged.

        Args:
            name: its name.
            md5: the expected digest.
            size: its length in bytes; -1: unknown.
        """

    @abstractmethod
    def entries(self, below: str = "") -> Iterator[Blob]:
        """Yield all contents, or those below a name, at any depth."""

    @abstractmethod
    def remove_unused(self, name: str, before: datetime.datetime) -> bool:
        """Remove content that is not in use; return whether it was removed.

        Args:
            name: relative, with ``/`` between its parts.
            before: it stays if it was stored or used later, in naive UTC.
        """

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove the content if there is any."""

    @abstractmethod
    def remove_folder(self, name: str) -> None:
        """Remove everything below a name; if interrupted, a part of it is left."""

    @abstractmethod
    def folders(self, below: str = "") -> list[str]:
        """Return the names of the directories at the top, or below a name.

        Raises:
            StoreNotFoundError: there is no such place (and `below` is empty).
        """

    def announce(self, run_id: str) -> None:  # noqa: B027 - most places have nobody to tell
        """Announce that the record of a run that may be over is going to change."""

    def local_path(self, name: str) -> str | None:
        """Return the path of the content if it is a file of this machine; None: it is not.

        The path of the empty name is that of the place itself.
        """
        return None


def check_run_id(run_id: str) -> None:
    """Refuse an id that cannot be the name of a run's directory.

    Raises:
        StoreError: readers would not take it for a run, or it names another directory.

    >>> check_run_id("fit-7")
    >>> check_run_id("_trash")
    Traceback (most recent call last):
        ...
    sacred.stores.store.StoreError: A run cannot have the id '_trash': names that start with ...
    """
    if run_id in ("", ".", "..") or "/" in run_id or os.sep in run_id:
        raise StoreError(f"A run cannot have the id {run_id!r}: it names a directory")
    if run_id.startswith(("_", ".")):
        raise StoreError(
            f"A run cannot have the id {run_id!r}: names that start with '_' or '.' are those of "
            "directories that are no runs"
        )


class LocalBlobs(Blobs):
    """Files below a directory, which is created when the first run starts.

    Args:
        root: the directory.
    """

    scratch = SCRATCH

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.fspath(root)
        # The script may change its working directory later.
        self._root = os.path.abspath(self.root)
        self._new: set[str] = set()

    def claim(self, run_id: str | None) -> str:
        """See `Blobs.claim`; the directory of the run is the claim."""
        with self._translate_errors():
            try:
                return self._claim(run_id)
            except FileNotFoundError:
                os.makedirs(self._root, exist_ok=True)
                return self._claim(run_id)

    def highest_id(self) -> int:
        """See `Blobs.highest_id`."""
        with self._translate_errors():
            try:
                return highest_number(self._root, self._path(TRASH))
            except FileNotFoundError:
                return 0

    def write(self, name: str, content: Content) -> None:
        """See `Blobs.write`."""
        self._write(name, content)

    def _write(self, name: str, content: Content, sync: bool = False) -> None:
        with self._replacing(name) as fd:
            if isinstance(content, bytes):
                _write_all(fd, content)
            else:
                with open(fd, "wb", closefd=False) as file:
                    file.writelines(content)
            if sync:
                os.fsync(fd)  # else its name may get to the disk before it

    def write_last(self, name: str, content: Content) -> None:
        """See `Blobs.write_last`; on the disk when it returns."""
        last = self._path(name)
        folder = os.path.dirname(last)
        with self._translate_errors():
            for directory, _, files in os.walk(folder, topdown=False):
                for file in files:
                    path = os.path.join(directory, file)
                    if path != last:  # that is about to be replaced
                        sync_to_disk(path)
                # The names beside the last one get to the disk together with it.
                if directory != folder:
                    sync_to_disk(directory)
            self._write(name, content, sync=True)
            sync_to_disk(folder)
        run = name.partition("/")[0]
        self._new -= {new for new in self._new if new.startswith(f"{run}/")}

    def sync_new(self) -> None:
        """See `Blobs.sync_new`."""
        with self._translate_errors():
            for name in list(self._new):
                sync_to_disk(self._path(name))
            for folder in {os.path.dirname(self._path(name)) for name in self._new}:
                sync_to_disk(folder)
        self._new.clear()

    def append(self, name: str, offset: int, content: bytes) -> None:
        """See `Blobs.append`."""
        with self._translate_errors():
            fd = os.open(self._path(name), _APPEND, 0o666)
            try:
                size = os.lseek(fd, 0, os.SEEK_END)
                if size < offset:
                    raise MissingPartError(f"{self._path(name)} is shorter than {offset} bytes")
                # What follows is the rest of an attempt that failed, or was rewritten.
                if size > offset:
                    os.ftruncate(fd, offset)
                _write_all(fd, content)
            finally:
                os.close(fd)

    def put_file(self, name: str, path: str) -> None:
        """See `Blobs.put_file`; modification time and permissions stay."""
        with open(path, "rb") as source, self._replacing(name) as fd:
            for piece in content_of(source):
                _write_all(fd, piece)
        with contextlib.suppress(OSError):  # some file systems have neither
            status = os.stat(path)
            os.chmod(self._path(name), status.st_mode & 0o7777)
            os.utime(self._path(name), ns=(time.time_ns(), status.st_mtime_ns))
        self._new.add(name)

    def open(self, name: str) -> IO[bytes]:
        """See `Blobs.open`.

        Raises:
            ValueError: it is a link that leads out of this place.
        """
        path = self._path(name)
        if name.count("/") > 1 and not self._is_inside(path):
            raise ValueError(f"{path} leads out of {self.root}")
        try:
            return open(path, "rb", opener=_open_no_link)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.EMLINK):
                raise
        if not self._is_inside(path):
            raise ValueError(f"{path} is a link that leads out of {self.root}")
        return open(path, "rb")

    def exists(self, name: str) -> bool:
        """See `Blobs.exists`."""
        try:
            return os.path.exists(self._path(name))
        except FileNotFoundError:
            return False

    def use(self, name: str) -> bool:
        """See `Blobs.use`."""
        return mark_used(self._path(name))

    def holds(self, name: str, md5: str, size: int) -> bool:
        """See `Blobs.holds`."""
        return self.use(name) and has_digest(self._path(name), md5)

    def entries(self, below: str = "") -> Iterator[Blob]:
        """See `Blobs.entries`; links are not followed."""
        for folder, _, files in os.walk(self._path(below)):
            for file in files:
                path = os.path.join(folder, file)
                with contextlib.suppress(FileNotFoundError):
                    status = os.lstat(path)
                    name = os.path.relpath(path, self._root).replace(os.sep, "/")
                    yield Blob(name=name, size=status.st_size, used=last_use(status))

    def remove_unused(self, name: str, before: datetime.datetime) -> bool:
        """See `Blobs.remove_unused`."""
        with self._translate_errors():
            return remove_unused(self._path(name), before)

    def remove(self, name: str) -> None:
        """See `Blobs.remove`."""
        with self._translate_errors(), contextlib.suppress(FileNotFoundError):
            os.remove(self._path(name))

    def remove_folder(self, name: str) -> None:
        """See `Blobs.remove_folder`."""
        # Not at the top, as others below: few runs copy files, or keep a change log.
        import shutil

        with self._translate_errors(), contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._path(name))

    def folders(self, below: str = "") -> list[str]:
        """See `Blobs.folders`."""
        try:
            with os.scandir(self._path(below)) as entries:
                return [entry.name for entry in entries if entry.is_dir()]
        except (FileNotFoundError, NotADirectoryError):
            if below:
                return []
            raise StoreNotFoundError(f"There is no directory of runs at {self.root!r}") from None

    def announce(self, run_id: str) -> None:
        """See `Blobs.announce`."""
        from sacred.stores.files.change_log import log_change

        log_change(self._root, run_id)

    def local_path(self, name: str) -> str | None:
        """See `Blobs.local_path`."""
        try:
            path = self._path(name)
        except FileNotFoundError:
            return None
        is_link = name.count("/") > 1 or os.path.islink(path)
        return path if not name or not is_link or self._is_inside(path) else None

    def _path(self, name: str) -> str:
        if (".." in name and ".." in name.replace(os.sep, "/").split("/")) or os.path.isabs(name):
            raise FileNotFoundError(f"{name!r} is no name of something in {self.root}")
        return os.path.join(self._root, name)

    def _is_inside(self, path: str) -> bool:
        """Whether a file is in this place, or in the directory of its run, wherever that is."""
        name = os.path.relpath(path, self._root).replace(os.sep, "/").partition("/")[0]
        found = os.path.realpath(path)
        bases = (os.path.realpath(os.path.join(self._root, end)) for end in (name, ""))
        return any(found.startswith(os.path.join(base, "")) for base in bases)

    def _claim(self, run_id: str | None) -> str:
        if run_id is not None:
            return self._claim_given(run_id)
        return claim_next(self._root, self._path(TRASH))

    def _claim_given(self, run_id: str) -> str:
        check_run_id(run_id)
        path = self._path(run_id)
        try:
            if os.path.exists(self._path(f"{TRASH}/{run_id}")):
                raise FileExistsError  # it is being removed, and not everything is gone
            os.mkdir(path)
        except FileExistsError:
            shown = os.path.join(self.root, run_id)
            raise RunExistsError(f"There is a run {run_id!r} already: {shown}") from None
        return run_id

    @contextlib.contextmanager
    def _replacing(self, name: str) -> Iterator[int]:
        """The descriptor of a file that takes the place of `name` once it is written completely."""
        path = self._path(name)
        folder = os.path.dirname(path)
        scratch = scratch_path(folder)
        with self._translate_errors():
            try:
                fd = os.open(scratch, _CREATE, 0o666)
            except FileNotFoundError:
                os.makedirs(folder, exist_ok=True)
                fd = os.open(scratch, _CREATE, 0o666)
            try:
                try:
                    yield fd
                finally:
                    os.close(fd)
                os.replace(scratch, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.remove(scratch)
                raise

    def _translate_errors(self) -> contextlib.AbstractContextManager[None]:
        return translate_errors(self.root)


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_LINKS)


def _write_all(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]
