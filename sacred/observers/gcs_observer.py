"""The observer that stores runs in Google Cloud Storage, and its command-line option."""

from __future__ import annotations

import functools
from typing import Any

from sacred._base.cli_option import CLIOption
from sacred.observers.bucket_files import BucketFiles
from sacred.observers.store_observer import OldConstructors
from sacred.stores.buckets.gcs import GoogleBucket
from sacred.stores.buckets.store import bucket_store, split_address

__all__ = ["DEFAULT_GCS_PRIORITY", "GoogleCloudStorageObserver", "gcs_option"]

DEFAULT_GCS_PRIORITY = 20


class GoogleCloudStorageObserver(OldConstructors, BucketFiles):
    """Stores runs in a Google Cloud Storage bucket, laid out as by a `FileStorageObserver`.

    Credentials are found by Google's client library (``GOOGLE_APPLICATION_CREDENTIALS``,
    ...); ``STORAGE_EMULATOR_HOST`` selects another server.

    Args:
        bucket: name of the bucket; it must exist when a run starts.
        basedir: key prefix of the run directories.
        resource_dir: key prefix of resources (default: ``basedir/_resources``).
        source_dir: key prefix of sources (default: ``basedir/_sources``).
        priority: observers with a higher priority receive events first.
        failure_dir: directory for records that could not be stored (default:
            ``~/.local/share/sacred/spool``).

    Raises:
        ValueError: `bucket` is not a valid bucket name.
        MissingExtraError: google-cloud-storage is not installed.
    """

    VERSION = "GoogleCloudStorageObserver-0.1.0"

    def __init__(
        self,
        bucket: str,
        basedir: str,
        resource_dir: str | None = None,
        source_dir: str | None = None,
        priority: int = DEFAULT_GCS_PRIORITY,
        failure_dir: str | None = None,
    ) -> None:
        self.bucket, self.basedir = bucket, basedir.strip("/")
        store = bucket_store(GoogleBucket(bucket), basedir, resource_dir, source_dir)
        super().__init__(store, priority, failure_dir)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GoogleCloudStorageObserver) and self.writes_to == other.writes_to

    def __hash__(self) -> int:
        return hash(self.writes_to)

    def __repr__(self) -> str:
        return f"GoogleCloudStorageObserver({self.bucket!r}, {self.basedir!r})"


# All letters may be taken by options of users, so it has none.
@functools.partial(CLIOption, short_flag=None, long_flag="--gcs", is_flag=False)
def gcs_option(args: str, run: Any) -> None:
    """Add a `GoogleCloudStorageObserver` to the run.

    Args:
        args: the address ``gs://bucket/prefix``.
        run: the run that is about to start.
    """
    run.observers.append(GoogleCloudStorageObserver(*split_address(args, "gs")))


gcs_option.arg = "URL"
gcs_option.arg_description = "Where runs go, as gs://bucket/prefix"
