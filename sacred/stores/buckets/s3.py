"""Amazon S3, and services with its protocol, as the transport of a bucket store."""

from __future__ import annotations

import contextlib
import datetime
import io
import logging
import os
import re
import threading
from collections.abc import Iterator
from typing import IO, Any

from sacred._base.clock import naive_utc, utcnow
from sacred._base.extras import require
from sacred._base.masking import mask_passwords
from sacred.stores.buckets.bucket_blobs import Bucket
from sacred.stores.files.blobs import Blob
from sacred.stores.store import StoreError, StorePermissionError, StoreUnavailableError

__all__ = ["S3Bucket", "check_bucket_name"]

_NAME = re.compile(r"(?!xn--)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_TAKEN_CODES = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_ABSENT_CODES = frozenset({"NoSuchKey", "NoSuchBucket", "NotFound", "404"})
_REFUSED_CODES = frozenset({"ExpiredToken", "InvalidToken", "AccountProblem"})
_PURPOSE = "An S3Observer"
# Modules of the client that log at the level INFO, which a run shows: where credentials are from.
_LOGGERS = ("client", "configprovider", "credentials", "endpoint_provider", "tokens", "utils")


class S3Bucket(Bucket):
    """A bucket; if missing, it is created when something is first put into it.

    Credentials and the endpoint are found by boto3 (``AWS_ACCESS_KEY_ID``,
    ``AWS_ENDPOINT_URL``, ``~/.aws``, ...).

    Args:
        name: of the bucket.
        region: None: the one that boto3 is configured for.

    Raises:
        ValueError: the name is not a valid bucket name, or no region is configured.
        MissingExtraError: boto3 is not installed.
    """

    #: The service takes no smaller part of a larger object, except for the last.
    extendable = 5 << 20

    def __init__(self, name: str, region: str | None = None) -> None:
        check_bucket_name(name)
        self.name = name
        self.url = f"s3://{name}"
        self.region = region or _configured_region()
        self._client: tuple[int, Any] | None = None
        self._is_there = False

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_client": None}

    def put(self, key: str, body: IO[bytes]) -> None:
        """See `Bucket.put`; large content goes in parts."""
        config = require("boto3.s3.transfer", "s3", _PURPOSE).TransferConfig(use_threads=False)
        with self._translate_errors():
            self._make_sure_it_is_there()
            self._s3.upload_fileobj(_Unclosed(body), self.name, key, Config=config)

    def put_new(self, key: str, body: bytes) -> bool:
        """See `Bucket.put_new`."""
        # Not at the top, as others below: the client of AWS is optional.
        from botocore.exceptions import ClientError

        with self._translate_errors():
            self._make_sure_it_is_there()
            try:
                self._s3.put_object(Bucket=self.name, Key=key, Body=body, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) not in _TAKEN_CODES:
                    raise
                return False
        return True

    def extend(self, key: str, size: int, tail: bytes) -> None:
        """See `Bucket.extend`."""
        where = {"Bucket": self.name, "Key": key}
        with self._translate_errors():
            upload = {**where, "UploadId": self._s3.create_multipart_upload(**where)["UploadId"]}
            try:
                parts = self._copied(upload, size)
                number = len(parts) + 1
                part = self._s3.upload_part(**upload, PartNumber=number, Body=tail)
                parts.append({"PartNumber": number, "ETag": part["ETag"]})
                self._s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
            except BaseException:
                with contextlib.suppress(Exception):  # else its parts are paid for, for ever
                    self._s3.abort_multipart_upload(**upload)
                raise

    def get(self, key: str, into: IO[bytes], version: str = "") -> None:
        """See `Bucket.get`; the version is the ETag."""
        from botocore.exceptions import ClientError

        condition = {"IfMatch": version} if version else {}
        with self._translate_errors():
            try:
                answer = self._s3.get_object(Bucket=self.name, Key=key, **condition)
            except ClientError as error:
                if _code(error) not in _ABSENT_CODES | (_TAKEN_CODES if version else set()):
                    raise
                raise FileNotFoundError(f"There is no {self.url}/{key}") from None
            with contextlib.closing(answer["Body"]) as body:
                into.writelines(body.iter_chunks(1 << 20))

    def objects(self, prefix: str) -> Iterator[Blob]:
        """See `Bucket.objects`."""
        for page in self._pages(Prefix=prefix):
            for found in page.get("Contents", ()):
                yield Blob(
                    name=str(found["Key"]),
                    size=int(found["Size"]),
                    used=naive_utc(found["LastModified"]),
                    version=str(found.get("ETag", "")),
                )

    def modified(self, key: str) -> datetime.datetime | None:
        """See `Bucket.modified`."""
        from botocore.exceptions import ClientError

        with self._translate_errors():
            try:
                answer = self._s3.head_object(Bucket=self.name, Key=key)
            except ClientError as error:
                if _code(error) not in _ABSENT_CODES:
                    raise
                return None
        return naive_utc(answer["LastModified"])

    def touch(self, key: str) -> bool:
        """See `Bucket.touch`: the service copies the object onto itself."""
        from botocore.exceptions import ClientError

        # A copy that changes nothing is refused.
        changed = {"MetadataDirective": "REPLACE", "Metadata": {"used": utcnow().isoformat()}}
        with self._translate_errors():
            try:
                source = {"Bucket": self.name, "Key": key}
                self._s3.copy(source, self.name, key, ExtraArgs=changed)
            except ClientError as error:
                if _code(error) not in _ABSENT_CODES:
                    raise
                return False
        return True

    def delete_unmodified(self, key: str, before: datetime.datetime) -> bool:
        """See `Bucket.delete_unmodified`.

        The service has no such request. If the object is touched for the
        first time in a day in the milliseconds between these two requests, it is lost.
        """
        modified = self.modified(key)
        if modified is None or modified >= before:
            return False
        self.delete(key)
        return True

    def delete(self, key: str) -> None:
        """See `Bucket.delete`."""
        with self._translate_errors():
            self._s3.delete_object(Bucket=self.name, Key=key)

    def first(self, prefix: str) -> str | None:
        """See `Bucket.first`."""
        for page in self._pages(Prefix=prefix, MaxKeys=1):
            for found in page.get("Contents", ()):
                return str(found["Key"])
        return None

    def folders(self, prefix: str) -> Iterator[str]:
        """See `Bucket.folders`."""
        for page in self._pages(Prefix=prefix, Delimiter="/"):
            for found in page.get("CommonPrefixes", ()):
                yield found["Prefix"].removeprefix(prefix).rstrip("/")

    @property
    def _s3(self) -> Any:
        # A connection must not be shared with a forked process.
        if self._client is None or self._client[0] != os.getpid():
            boto3 = require("boto3", "s3", _PURPOSE)
            # It is the user's run that waits for an answer.
            config = require("botocore.config", "s3", _PURPOSE).Config(
                connect_timeout=2,
                read_timeout=30,
                retries={"total_max_attempts": 2, "mode": "standard"},
            )
            session = boto3.session.Session(region_name=self.region)
            self._client = (os.getpid(), session.client("s3", config=config))
        return self._client[1]

    def _make_sure_it_is_there(self) -> None:
        from botocore.exceptions import ClientError

        if self._is_there:
            return
        try:
            self._s3.head_bucket(Bucket=self.name)
        except ClientError as error:
            if _code(error) not in _ABSENT_CODES:
                raise
            self._make()
        self._is_there = True

    def _make(self) -> None:
        from botocore.exceptions import ClientError

        # The oldest region is the one that must not be named.
        place = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        try:
            self._s3.create_bucket(
                Bucket=self.name, **({} if self.region == "us-east-1" else place)
            )
        except ClientError as error:
            if _code(error) != "BucketAlreadyOwnedByYou":  # another run was faster
                raise

    def _copied(self, upload: dict[str, Any], size: int) -> list[dict[str, Any]]:
        """Make parts of the object's own first bytes; the service copies at most 5 GB at once."""
        source, most = {"Bucket": self.name, "Key": upload["Key"]}, 4 << 30
        parts = []
        # The last piece may be longer, never shorter than a part can be.
        starts = list(range(0, max(size - most, 0) + 1, most))
        for number, (start, stop) in enumerate(zip(starts, [*starts[1:], size], strict=True), 1):
            answer = self._s3.upload_part_copy(
                **upload,
                PartNumber=number,
                CopySource=source,
                CopySourceRange=f"bytes={start}-{stop - 1}",
            )
            parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
        return parts

    def _pages(self, **wanted: Any) -> Iterator[dict[str, Any]]:
        from botocore.exceptions import ClientError

        with self._translate_errors():
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, **wanted)
            try:
                yield from pages
            except ClientError as error:
                if _code(error) not in _ABSENT_CODES:
                    raise  # else there is no bucket yet, so nothing in it

    @contextlib.contextmanager
    def _translate_errors(self) -> Iterator[None]:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            with _own_requests:
                yield
        except (Boto3Error, BotoCoreError, ClientError) as error:
            # boto3 wraps what happens during an upload.
            cause = error.__context__ if isinstance(error, Boto3Error) else error
            raise _as_store_error(cause or error, self.url) from error


class _OwnRequests(threading.local, logging.Filter):
    """While a thread makes requests for the store, the client's notes about them are not logged.

    They would appear in the output of the user's run. Its warnings are logged, and so are its notes
    about the user's own requests.
    """

    depth = 0

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno != logging.INFO or not self.depth

    def __enter__(self) -> None:
        for name in _LOGGERS:
            logging.getLogger(f"botocore.{name}").addFilter(self)  # once, however often
        self.depth += 1

    def __exit__(self, *_: object) -> None:
        self.depth -= 1


_own_requests = _OwnRequests()


class _Unclosed(io.RawIOBase):
    """A file that boto3 may close without harm: it does so after an upload."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def check_bucket_name(name: str) -> None:
    """Refuse what cannot be the name of an S3 bucket.

    Raises:
        ValueError: the name is not valid.

    >>> check_bucket_name("my-bucket")
    >>> check_bucket_name("My_Bucket")
    Traceback (most recent call last):
        ...
    ValueError: 'My_Bucket' cannot be the name of an S3 bucket: 3 to 63 lower-case letters, ...
    """
    if not _NAME.fullmatch(name) or ".." in name or _ADDRESS.fullmatch(name):
        shown = mask_passwords(f"s3://{name}")[5:]
        raise ValueError(
            f"{shown!r} cannot be the name of an S3 bucket: 3 to 63 lower-case letters, digits, "
            "hyphens and single dots, with a letter or digit at both ends, and no IP address"
        )


def _configured_region() -> str:
    boto3 = require("boto3", "s3", _PURPOSE)
    region = boto3.session.Session().region_name or os.environ.get("AWS_REGION")
    if not region:
        raise ValueError(
            "There is no region for S3: pass region=..., set AWS_DEFAULT_REGION or write it "
            "into ~/.aws/config"
        )
    return str(region)


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _as_store_error(error: BaseException, url: str) -> StoreError:
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        text = str(error.response.get("Error", {}).get("Message") or error)
        if status in (401, 403) or _code(error) in _REFUSED_CODES:
            return StorePermissionError(f"{url} refuses access: {_code(error)}: {text}")
        if 400 <= status < 500 and _code(error) not in {
            *_ABSENT_CODES,
            "SlowDown",
            "RequestTimeout",
        }:
            return StoreError(f"{url} does not take this: {_code(error)}: {text}")
        return StoreUnavailableError(f"{url} cannot be used: {_code(error)}: {text}")
    no_credentials = (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)
    if isinstance(error, no_credentials):
        return StorePermissionError(f"{url} cannot be used without credentials: {error}")
    return StoreUnavailableError(f"{url} cannot be reached: {error}")
