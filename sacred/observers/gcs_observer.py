"""The observer that keeps records in a bucket of Google, and its command-line option."""

from __future__ import annotations

from typing import Any

from sacred._base.cli_option import cli_option
from sacred.observers.store_observer import OldConstructors, StoreObserver
from sacred.stores.buckets.gcs import GoogleBucket
from sacred.stores.buckets.store import bucket_store, split_address

__all__ = ["DEFAULT_GCS_PRIORITY", "GoogleCloudStorageObserver", "gcs_option"]

DEFAULT_GCS_PRIORITY = 20


class GoogleCloudStorageObserver(OldConstructors, StoreObserver):
    """Keeps the files of a `FileStorageObserver` in a bucket of Google Cloud Storage.

    Credentials are what Google's library finds (``GOOGLE_APPLICATION_CREDENTIALS``,
    ...); ``STORAGE_EMULATOR_HOST`` leads to another server.

    Args:
        bucket: the name; it must exist when a run starts.
        basedir: where in the bucket the directories of the runs go.
        resource_dir: where in the bucket resources go (default: ``basedir/_resources``).
        source_dir: where in the bucket sources go (default: ``basedir/_sources``).
        priority: observers with a higher one are told first.
        failure_dir: where a record goes that cannot be stored (default:
            ``~/.local/share/sacred/spool``).

    Raises:
        ValueError: `bucket` is no possible name.
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
        return isinstance(other, GoogleCloudStorageObserver) and self.store.url == other.store.url

    def __hash__(self) -> int:
        return hash((GoogleCloudStorageObserver, self.store.url))

    def __repr__(self) -> str:
        return f"GoogleCloudStorageObserver({self.bucket!r}, {self.basedir!r})"


@cli_option("-G", "--gcs")
def gcs_option(args: str, run: Any) -> None:
    """Add a GoogleCloudStorageObserver; the value is ``gs://bucket/prefix``."""
    run.observers.append(GoogleCloudStorageObserver(*split_address(args, "gs")))


gcs_option.arg = "URL"
gcs_option.arg_description = "Where runs go, as gs://bucket/prefix"
