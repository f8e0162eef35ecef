"""The observer that stores runs in an S3 bucket, and its command-line option."""

from __future__ import annotations

from typing import Any

from sacred._base.cli_option import cli_option
from sacred.observers.bucket_files import BucketFiles
from sacred.observers.store_observer import OldConstructors
from sacred.stores.buckets.s3 import S3Bucket
from sacred.stores.buckets.store import bucket_store, split_address

__all__ = ["DEFAULT_S3_PRIORITY", "S3Observer", "s3_option"]

DEFAULT_S3_PRIORITY = 20


class S3Observer(OldConstructors, BucketFiles):
    """Stores runs in an S3 bucket, in the layout of a `FileStorageObserver`.

    Credentials, and the endpoint of another S3-compatible server, are found by boto3
    (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, ``~/.aws``, ...).

    Args:
        bucket: name of the bucket; created, if missing, when a run starts.
        basedir: key prefix of the run directories.
        resource_dir: key prefix of resources (default: ``basedir/_resources``).
        source_dir: key prefix of sources (default: ``basedir/_sources``).
        priority: observers with a higher priority receive events first.
        region: of the bucket (default: the one that boto3 is configured for).
        failure_dir: directory for records that could not be stored (default:
            ``~/.local/share/sacred/spool``).

    Raises:
        ValueError: `bucket` is not a valid bucket name, or no region is configured.
        MissingExtraError: boto3 is not installed.
    """

    VERSION = "S3Observer-0.1.0"

    def __init__(
        self,
        bucket: str,
        basedir: str,
        resource_dir: str | None = None,
        source_dir: str | None = None,
        priority: int = DEFAULT_S3_PRIORITY,
        region: str | None = None,
        failure_dir: str | None = None,
    ) -> None:
        transport = S3Bucket(bucket, region)
        self.bucket, self.basedir, self.region = bucket, basedir.strip("/"), transport.region
        store = bucket_store(transport, basedir, resource_dir, source_dir)
        super().__init__(store, priority, failure_dir)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, S3Observer) and self.writes_to == other.writes_to

    def __hash__(self) -> int:
        return hash(self.writes_to)

    def __repr__(self) -> str:
        return f"S3Observer({self.bucket!r}, {self.basedir!r})"


@cli_option("-S", "--s3")
def s3_option(args: str, run: Any) -> None:
    """Add an `S3Observer` to the run.

    Args:
        args: the address ``s3://bucket/prefix``.
        run: the run that is about to start.
    """
    run.observers.append(S3Observer(*split_address(args, "s3")))


s3_option.arg = "URL"
s3_option.arg_description = "Where runs go, as s3://bucket/prefix"
