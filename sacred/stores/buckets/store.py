"""The file store in a bucket, and its addresses."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from sacred._base.run_ids import RunId
from sacred.stores.buckets.bucket_blobs import Bucket, BucketBlobs
from sacred.stores.changes import Change, SourceFile
from sacred.stores.files.store import FileStore, store_once
from sacred.stores.reader import Reader
from sacred.stores.store import ANSWER_SECONDS, Store

__all__ = ["BucketStore", "bucket_store", "split_address"]


class BucketStore(FileStore):
    """The file store, in a bucket.

    Args:
        blobs: where the directories of the runs are.
        sources: where copies of sources go.
        resources: where copies of resources go.
    """

    supports_output_append = False
    answer_seconds = ANSWER_SECONDS

    def __init__(self, blobs: BucketBlobs, sources: BucketBlobs, resources: BucketBlobs) -> None:
        super().__init__(blobs, sources, resources)
        self.url = blobs.root
        self._places = (blobs, sources, resources)
        #: Key prefixes of their copies.
        self.source_dir, self.resource_dir = sources.prefix, resources.prefix

    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """See `Store.apply`."""
        super().apply(run_id, changes)
        if str(run_id) not in self._runs:  # it is closed
            self._places[0].forget(str(run_id))

    def create(
        self, run_id: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """See `Store.create`; ids assigned here are numbers."""
        new_id = super().create(run_id, document, files)
        return int(new_id) if run_id is None else run_id

    def store_file(self, path: str, prefix: str) -> str:
        """Store a file under its name and digest, unless it is stored already.

        Args:
            path: path of the file.
            prefix: key prefix of such files in the bucket.

        Returns:
            its key.
        """
        blobs = BucketBlobs(self._places[0].bucket, prefix.strip("/"))
        return posixpath.join(blobs.prefix, store_once(blobs, path))

    def put_data(self, key: str, data: bytes) -> None:
        """Store an object under a key of the bucket.

        Args:
            key: of the object.
            data: its content.
        """
        BucketBlobs(self._places[0].bucket, "").write(key, data)

    def reader(self) -> Reader:
        """See `ReadableStore.reader`."""
        # Not at the top: a run that writes loads no reader.
        from sacred.stores.buckets.reader import BucketReader

        return BucketReader(self.url, *self._places)

    def is_unreachable(self, error: BaseException) -> bool:
        """See `Store.is_unreachable`: unlike a disk, a network makes each change wait."""
        return Store.is_unreachable(self, error)


def bucket_store(
    bucket: Bucket, basedir: str, resource_dir: str | None = None, source_dir: str | None = None
) -> BucketStore:
    """Return a store with the file layout below ``bucket/basedir``.

    Args:
        bucket: the transport.
        basedir: where the runs go; empty: the top of the bucket.
        resource_dir: in the same bucket (default: ``basedir/_resources``).
        source_dir: likewise (default: ``basedir/_sources``).
    """
    base = basedir.strip("/")
    resources = posixpath.join(base, "_resources") if resource_dir is None else resource_dir
    sources = posixpath.join(base, "_sources") if source_dir is None else source_dir
    return BucketStore(
        BucketBlobs(bucket, base),
        BucketBlobs(bucket, sources.strip("/")),
        BucketBlobs(bucket, resources.strip("/")),
    )


def split_address(address: str, scheme: str) -> tuple[str, str]:
    """Split ``SCHEME://BUCKET/PREFIX`` into bucket and prefix, which may be empty.

    Args:
        address: the address.
        scheme: the expected scheme, without ``://``.

    Raises:
        ValueError: the address has another form.

    >>> split_address("s3://my-bucket/some/runs/", "s3")
    ('my-bucket', 'some/runs')
    >>> split_address("my-bucket/runs", "s3")
    Traceback (most recent call last):
        ...
    ValueError: 'my-bucket/runs' is not an address of the form s3://BUCKET/PREFIX
    """
    start = f"{scheme}://"
    bucket, _, prefix = address.removeprefix(start).partition("/")
    if not address.startswith(start) or not bucket:
        raise ValueError(f"{address!r} is not an address of the form {start}BUCKET/PREFIX")
    return bucket, prefix.strip("/")
