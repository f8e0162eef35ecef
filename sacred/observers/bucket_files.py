"""Methods of observers of buckets that scripts and subclasses call during a run."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Hashable

from sacred.observers.base import JsonDict
from sacred.observers.record_files import RecordFiles, StoredView
from sacred.stores.buckets.store import BucketStore
from sacred.stores.local_files import md5_of_file

__all__ = ["BucketFiles"]


class BucketFiles(RecordFiles):
    """The base of the observers of S3 and Google Cloud Storage."""

    store: BucketStore
    basedir: str

    def __init__(self, store: BucketStore, priority: int, failure_dir: str | None) -> None:
        super().__init__(store, priority, failure_dir)
        self.resource_dir, self.source_dir = store.resource_dir, store.source_dir

    @property
    def writes_to(self) -> Hashable:
        """See `StoreObserver.writes_to`: the bucket and the prefix."""
        return "bucket", self.store.url

    @StoredView
    def dir(self) -> str | None:
        """The key prefix of the run; None before it starts."""
        run_id = self._run_id
        return None if run_id is None else posixpath.join(self.basedir, str(run_id))

    @StoredView
    def config(self) -> JsonDict | None:
        """The content of ``config.json``."""
        return self._json("config.json")

    @StoredView
    def info(self) -> JsonDict | None:
        """The content of ``info.json``; None while there is no info."""
        return self._json("info.json")

    @StoredView
    def cout(self) -> str:
        """The content of ``cout.txt``."""
        return self._record_text("cout.txt") or ""

    @StoredView
    def cout_write_cursor(self) -> int:
        """The length of the recorded output, in characters."""
        return self._writer.output_length

    def find_or_save(self, filename: str, store_dir: str) -> tuple[str, str]:
        """Store a copy of a file under its name and digest, unless it is stored already.

        Args:
            filename: path of the file.
            store_dir: key prefix of the copies, such as ``basedir/_resources``.

        Returns:
            the key of the copy and the MD5 digest of the content.

        Raises:
            OSError: the file cannot be read, or the bucket cannot be written.
        """
        return self.store.store_file(filename, store_dir), md5_of_file(filename)

    def put_data(self, key: str, binary_data: bytes) -> None:
        """Store an object under a key of the bucket.

        Args:
            key: within the bucket, as `dir` is.
            binary_data: its content.
        """
        self.store.put_data(key, binary_data)

    def _json(self, name: str) -> JsonDict | None:
        text = self._record_text(name)
        content: JsonDict | None = None if text is None else json.loads(text)
        return content
