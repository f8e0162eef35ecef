"""Files of a store as objects of a bucket: what S3 and GCS have in common.

Objects are replaced as a whole and cannot be appended to. What grows (the output,
the journal of the metrics) is uploaded whole while it is small; from then on, the
service itself joins what it has and the new end (`Bucket.extend`), so that a heartbeat
sends only what is new.
"""

from __future__ import annotations

import datetime
import io
import itertools
import os
import posixpath
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import IO, cast

from sacred._base.clock import utcnow
from sacred._base.frozen import replace
from sacred.stores import collector
from sacred.stores.files.blobs import TRASH, Blob, Blobs, Content, check_run_id
from sacred.stores.local_files import content_of
from sacred.stores.store import MissingPartError, RunExistsError, StoreNotFoundError

__all__ = ["Bucket", "BucketBlobs"]

# Above, content waits on the disk instead of in memory.
_IN_MEMORY = 1 << 20


class Bucket(ABC):
    """The transport: objects of one bucket by their keys.

    All methods raise `StoreUnavailableError` if the service cannot be reached, and
    `StorePermissionError` if it refuses.
    """

    #: For messages: ``s3://name``.
    url: str
    #: From this size on (in bytes), `extend` works.
    extendable: int

    @abstractmethod
    def put(self, key: str, body: IO[bytes]) -> None:
        """Create or replace an object.

        Args:
            key: of the object.
            body: its content.
        """

    @abstractmethod
    def put_new(self, key: str, body: bytes) -> bool:
        """Create an object unless there is one; return whether it was created.

        Atomic: of several callers at the same time, only one gets True.

        Args:
            key: of the object.
            body: its content.
        """

    @abstractmethod
    def extend(self, key: str, size: int, tail: bytes) -> None:
        """Replace the content of an object by ``content[:size] + tail``.

        Args:
            key: of the object.
            size: number of bytes that stay.
            tail: what follows them.
        """

    @abstractmethod
    def get(self, key: str, into: IO[bytes], version: str = "") -> None:
        """Write the content of an object into a file.

        Args:
            key: of the object.
            into: the file.
            version: a version from `objects`; only that one is accepted.

        Raises:
            FileNotFoundError: there is no such object.
        """

    @abstractmethod
    def objects(self, prefix: str) -> Iterator[Blob]:
        """Return all objects whose keys start with `prefix`; their names are the keys."""

    @abstractmethod
    def modified(self, key: str) -> datetime.datetime | None:
        """Return when an object was made, replaced or touched; None: it does not exist."""

    @abstractmethod
    def touch(self, key: str) -> bool:
        """Mark an object as modified now; return False if it does not exist."""

    @abstractmethod
    def delete_unmodified(self, key: str, before: datetime.datetime) -> bool:
        """Delete an object unless it was modified lately; return whether it was deleted.

        Args:
            key: of the object.
            before: it stays if it was modified later, in naive UTC.
        """

    @abstractmethod
    def delete(self, key: str) -> None:
        """Delete an object if it exists."""

    @abstractmethod
    def first(self, prefix: str) -> str | None:
        """Return the alphabetically first key that starts with `prefix`; None: none does."""

    @abstractmethod
    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the parts of keys between `prefix` and the next ``/``, of keys that have one."""


class BucketBlobs(Blobs):
    """Objects of a bucket whose keys start with a common prefix.

    Args:
        bucket: the transport.
        prefix: without ``/`` at its ends; empty: the whole bucket.
    """

    scratch = r".*\.[0-9a-f]{12}\.part"

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self.root = f"{bucket.url}/{prefix}".rstrip("/")
        self.bucket = bucket
        self.prefix = prefix
        self._prefix = f"{prefix}/" if prefix else ""
        self.growing: dict[str, _Growing] = {}

    def claim(self, run_id: str | None) -> str:
        """See `Blobs.claim`; whoever creates the ``run.json``, empty at first, has the id."""
        if run_id is not None:
            return self._claim_given(run_id)
        for number in itertools.count(self.highest_id() + 1):
            if self._make_record(str(number)):
                return str(number)
        raise AssertionError("unreachable")

    def write(self, name: str, content: Content) -> None:
        """See `Blobs.write`."""
        self.growing.pop(name, None)
        with _scratch() as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                file.writelines(content)
            file.seek(0)
            self.bucket.put(self._key(name), file)

    def append(self, name: str, offset: int, content: bytes) -> None:
        """See `Blobs.append`."""
        # Taken out and put back: after an error nobody knows what the object is like.
        growing = self.growing.pop(name, None) or self._found(name)
        if growing.size < offset:
            raise MissingPartError(f"{self.root}/{name} is shorter than {offset} bytes")
        if growing.size == offset >= self.bucket.extendable:
            if content:
                self.bucket.extend(self._key(name), offset, content)
            self.growing[name] = _Growing(offset + len(content), None)
            return
        head = self.read(name) if growing.content is None else growing.content
        whole = head[:offset] + content
        self.bucket.put(self._key(name), io.BytesIO(whole))
        kept = whole if len(whole) < self.bucket.extendable else None
        self.growing[name] = _Growing(len(whole), kept)

    def put_file(self, name: str, path: str) -> None:
        """See `Blobs.put_file`."""
        # A copy: what somebody is writing at must have one length from start to end.
        with open(path, "rb") as source:
            self.write(name, content_of(source))

    def open(self, name: str, version: str = "") -> IO[bytes]:
        """See `Blobs.open`; with a version (see `Blob`), only that one is accepted."""
        file = _scratch()
        try:
            self.bucket.get(self._key(name), file, version)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def content(self, name: str, version: str = "") -> bytes | None:
        """Return the whole content of an object; None if there is none.

        Args:
            name: relative, with ``/`` between its parts.
            version: only this version is returned; empty: any.
        """
        try:
            with self.open(name, version) as file:
                return file.read()
        except FileNotFoundError:
            return None

    def exists(self, name: str) -> bool:
        """See `Blobs.exists`."""
        key = self._key(name)
        return self.bucket.first(key) == key or self.bucket.first(f"{key}/") is not None

    def use(self, name: str) -> bool:
        """See `Blobs.use`."""
        key = self._key(name)
        modified = self.bucket.modified(key)
        if modified is None:
            return False
        # What was modified lately need not be touched again.
        return utcnow() - modified < collector.COUNTS or self.bucket.touch(key)

    def holds(self, name: str, md5: str, size: int) -> bool:
        """See `Blobs.holds`; only sizes are compared, since objects are written as a whole."""
        if not self.use(name):
            return False
        key = self._key(name)
        found = next((blob for blob in self.bucket.objects(key) if blob.name == key), None)
        return size < 0 or (found is not None and found.size == size)

    def entries(self, below: str = "") -> Iterator[Blob]:
        """See `Blobs.entries`."""
        prefix = self._prefix + (f"{below}/" if below else "")
        for blob in self.bucket.objects(prefix):
            yield replace(blob, name=blob.name.removeprefix(self._prefix))

    def remove_unused(self, name: str, before: datetime.datetime) -> bool:
        """See `Blobs.remove_unused`."""
        return self.bucket.delete_unmodified(self._key(name), before)

    def remove(self, name: str) -> None:
        """See `Blobs.remove`."""
        self.growing.pop(name, None)
        self.bucket.delete(self._key(name))

    def remove_folder(self, name: str) -> None:
        """See `Blobs.remove_folder`."""
        self.forget(name)
        while (key := self.bucket.first(f"{self._key(name)}/")) is not None:
            self.bucket.delete(key)

    def folders(self, below: str = "") -> list[str]:
        """See `Blobs.folders`; a bucket has no empty ones."""
        found = list(self.bucket.folders(self._prefix + (f"{below}/" if below else "")))
        if not found and not below:
            raise StoreNotFoundError(f"There are no runs at {self.root}")
        return found

    def forget(self, folder: str) -> None:
        """Drop the content of this folder from memory, because nothing in it will grow any more."""
        for name in [name for name in self.growing if name.startswith(f"{folder}/")]:
            self.growing.pop(name, None)

    def _key(self, name: str) -> str:
        # As a file system does it: `./a` and `d//a` are names of the same things as `a`, `d/a`.
        return self._prefix + posixpath.normpath(name.replace(os.sep, "/"))

    def _found(self, name: str) -> _Growing:
        try:
            content = self.read(name)
        except FileNotFoundError:
            content = b""
        return _Growing(len(content), content)

    def highest_id(self) -> int:
        """See `Blobs.highest_id`."""
        folders = [*self.bucket.folders(self._prefix), *self.folders(TRASH)]
        return max((int(name) for name in folders if name.isdecimal()), default=0)

    def _claim_given(self, run_id: str) -> str:
        check_run_id(run_id)
        # In the trash, it may be half removed.
        if self.exists(run_id) or self.exists(f"{TRASH}/{run_id}") or not self._make_record(run_id):
            raise RunExistsError(f"There is a run {run_id!r} already: {self.root}/{run_id}")
        return run_id

    def _make_record(self, run_id: str) -> bool:
        return self.bucket.put_new(self._key(f"{run_id}/run.json"), b"{}\n")


class _Growing:
    """What is known about an object that is appended to; `content` None: only its size."""

    __slots__ = ("content", "size")

    def __init__(self, size: int, content: bytes | None) -> None:
        self.size = size
        self.content = content


def _scratch() -> IO[bytes]:
    import tempfile  # brings a dozen modules, and most runs have no bucket

    return cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))
