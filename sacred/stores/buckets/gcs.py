"""Google Cloud Storage as the transport of a bucket store."""

from __future__ import annotations

import contextlib
import datetime
import io
import os
import re
from collections.abc import Iterator
from typing import IO, Any

from sacred._base.clock import naive_utc, utcnow
from sacred._base.extras import require
from sacred._base.masking import mask_passwords
from sacred.stores.buckets.bucket_blobs import Bucket
from sacred.stores.files.blobs import Blob
from sacred.stores.store import StoreError, StorePermissionError, StoreUnavailableError

__all__ = ["GoogleBucket", "check_bucket_name"]

_NAME = re.compile(r"(?!goog)(?!.*google)[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_LONGEST_PART = 63
# Seconds: to connect, and for the answer.
_TIMEOUT = (2, 30)
# It is the user's run that waits.
RETRY_SECONDS = 4.0
_PURPOSE = "A GoogleCloudStorageObserver"


class GoogleBucket(Bucket):
    """A bucket, which must exist.

    Credentials are found by Google's client library
    (``GOOGLE_APPLICATION_CREDENTIALS``, ...); ``STORAGE_EMULATOR_HOST`` selects another
    server, without credentials.

    Args:
        name: of the bucket.

    Raises:
        ValueError: the name is not a valid bucket name.
        MissingExtraError: google-cloud-storage is not installed.
    """

    #: Up to here, one request with everything is cheaper than the four of `extend`.
    extendable = 1 << 20

    def __init__(self, name: str) -> None:
        check_bucket_name(name)
        require("google.cloud.storage", "gcs", _PURPOSE)
        self.name = name
        self.url = f"gs://{name}"
        self._client: tuple[int, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_client": None}

    def put(self, key: str, body: IO[bytes]) -> None:
        """See `Bucket.put`."""
        with self._translate_errors():
            self._upload(self._bucket.blob(key), body)

    def put_new(self, key: str, body: bytes) -> bool:
        """See `Bucket.put_new`."""
        # Not at the top, as others below: the client of Google is optional.
        from google.api_core.exceptions import PreconditionFailed

        with self._translate_errors():
            try:
                self._upload(self._bucket.blob(key), io.BytesIO(body), if_generation_match=0)
            except PreconditionFailed:
                return False
        return True

    def extend(self, key: str, size: int, tail: bytes) -> None:
        """See `Bucket.extend`."""
        with self._translate_errors():
            whole = self._bucket.get_blob(key, **self._patience)
            if whole is None or whole.size != size:
                raise StoreUnavailableError(f"{self.url}/{key} was changed by somebody else")
            part = self._bucket.blob(f"{key}.{os.urandom(6).hex()}.part")
            self._upload(part, io.BytesIO(tail))
            try:
                # Only this generation: an attempt that is repeated must not append twice.
                whole.compose([whole, part], if_generation_match=whole.generation, **self._patience)
            finally:
                with contextlib.suppress(Exception):
                    part.delete(**self._patience)

    def get(self, key: str, into: IO[bytes], version: str = "") -> None:
        """See `Bucket.get`; the version is the generation."""
        from google.api_core.exceptions import NotFound

        with self._translate_errors():
            try:
                generation = int(version) if version else None
                blob = self._bucket.blob(key, generation=generation)
                blob.download_to_file(into, **self._patience)
            except NotFound:
                raise FileNotFoundError(f"There is no {self.url}/{key}") from None

    def objects(self, prefix: str) -> Iterator[Blob]:
        """See `Bucket.objects`."""
        with self._translate_errors():
            for blob in self._bucket.list_blobs(prefix=prefix, **self._patience):
                yield Blob(
                    name=str(blob.name),
                    size=int(blob.size),
                    used=naive_utc(blob.updated),
                    version=str(blob.generation or ""),
                )

    def modified(self, key: str) -> datetime.datetime | None:
        """See `Bucket.modified`."""
        with self._translate_errors():
            blob = self._bucket.get_blob(key, **self._patience)
        return None if blob is None else naive_utc(blob.updated)

    def touch(self, key: str) -> bool:
        """See `Bucket.touch`."""
        from google.api_core.exceptions import NotFound

        blob = self._bucket.blob(key)
        blob.metadata = {"used": utcnow().isoformat()}
        with self._translate_errors():
            try:
                blob.patch(**self._patience)
            except NotFound:
                return False
        return True

    def delete_unmodified(self, key: str, before: datetime.datetime) -> bool:
        """See `Bucket.delete_unmodified`."""
        from google.api_core.exceptions import NotFound, PreconditionFailed

        with self._translate_errors():
            blob = self._bucket.get_blob(key, **self._patience)
            if blob is None or naive_utc(blob.updated) >= before:
                return False
            state = {
                "if_generation_match": blob.generation,
                "if_metageneration_match": blob.metageneration,
            }
            try:
                blob.delete(**state, **self._patience)
            except (NotFound, PreconditionFailed):
                return False  # somebody has just touched it, or removed it
        return True

    def delete(self, key: str) -> None:
        """See `Bucket.delete`."""
        from google.api_core.exceptions import NotFound

        with self._translate_errors(), contextlib.suppress(NotFound):
            self._bucket.blob(key).delete(**self._patience)

    def first(self, prefix: str) -> str | None:
        """See `Bucket.first`."""
        with self._translate_errors():
            found = self._bucket.list_blobs(prefix=prefix, max_results=1, **self._patience)
            return next((str(blob.name) for blob in found), None)

    def folders(self, prefix: str) -> Iterator[str]:
        """See `Bucket.folders`."""
        with self._translate_errors():
            found = self._bucket.list_blobs(prefix=prefix, delimiter="/", **self._patience)
            for page in found.pages:
                for folder in page.prefixes:
                    yield folder.removeprefix(prefix).rstrip("/")

    def _upload(self, blob: Any, body: IO[bytes], **conditions: Any) -> None:
        # With a size, what is small takes one request instead of two.
        size = body.seek(0, os.SEEK_END)
        blob.upload_from_file(body, rewind=True, size=size, **conditions, **self._patience)

    @property
    def _bucket(self) -> Any:
        # A connection must not be shared with a forked process.
        if self._client is None or self._client[0] != os.getpid():
            storage = require("google.cloud.storage", "gcs", _PURPOSE)
            self._client = (os.getpid(), storage.Client().bucket(self.name))
        return self._client[1]

    @property
    def _patience(self) -> dict[str, Any]:
        retry = require("google.cloud.storage.retry", "gcs", _PURPOSE)
        return {"timeout": _TIMEOUT, "retry": retry.DEFAULT_RETRY.with_timeout(RETRY_SECONDS)}

    @contextlib.contextmanager
    def _translate_errors(self) -> Iterator[None]:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from requests.exceptions import RequestException

        try:
            yield
        except (GoogleAPIError, GoogleAuthError, RequestException) as error:
            raise _as_store_error(error, self.url) from error


def check_bucket_name(name: str) -> None:
    """Refuse what cannot be the name of a Google Cloud Storage bucket.

    Raises:
        ValueError: the name is not valid.

    >>> check_bucket_name("my_bucket")
    >>> check_bucket_name("google-1")
    Traceback (most recent call last):
        ...
    ValueError: 'google-1' cannot be the name of a bucket of Google: 3 to 63 lower-case ...
    """
    parts = name.split(".")
    fits = all(0 < len(part) <= _LONGEST_PART for part in parts)
    if not fits or not _NAME.fullmatch(name) or _ADDRESS.fullmatch(name):
        shown = mask_passwords(f"gs://{name}")[5:]
        raise ValueError(
            f"{shown!r} cannot be the name of a bucket of Google: 3 to 63 lower-case letters, "
            "digits, hyphens and underscores (or several such parts with dots between them), "
            "with a letter or digit at both ends, no IP address and nothing with 'google'"
        )


def _as_store_error(error: Exception, url: str) -> StoreError:
    from google.api_core import exceptions
    from google.auth.exceptions import DefaultCredentialsError, RefreshError

    if isinstance(error, exceptions.RetryError):
        error = error.cause if isinstance(error.cause, Exception) else error
    if isinstance(error, (DefaultCredentialsError, RefreshError)):
        return StorePermissionError(f"{url} cannot be used without valid credentials: {error}")
    if isinstance(error, (exceptions.Forbidden, exceptions.Unauthorized)):
        return StorePermissionError(f"{url} refuses access: {error}")
    if isinstance(error, exceptions.NotFound):
        return StoreUnavailableError(f"There is no bucket {url}; it must exist: {error}")
    passing = (exceptions.TooManyRequests, exceptions.PreconditionFailed)
    if isinstance(error, exceptions.ClientError) and not isinstance(error, passing):
        return StoreError(f"{url} does not take this: {error}")
    return StoreUnavailableError(f"{url} cannot be reached: {error}")
