"""Reads of an S3 that moto keeps, answered without moto's way through a dozen layers.

Two of three requests of the tests are a plain GET of an object or a list of objects, and moto
takes ten times as long for one as it takes to look at its content. All else (what writes, what
has conditions that do not hold, what does not fit into one page, ...) is moto's to answer;
`tests/integration/test_s3.py` compares both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote
from xml.sax.saxutils import escape

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

__all__ = ["Answer", "content", "make_bucket", "read", "remove_bucket"]

_LIST_PARAMETERS = {"list-type", "prefix", "delimiter", "max-keys", "encoding-type"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reading request is answered with, status 200; names of headers in lower case."""

    headers: dict[str, str]
    body: bytes


def content(bucket: str) -> dict[str, bytes]:
    """All objects of a bucket; not by requests, of which it takes one for each."""
    return {str(key.name): bytes(key.value) for key in _buckets()[bucket].keys.values()}


def make_bucket(bucket: str) -> None:
    """Make an empty bucket."""
    s3_backends[DEFAULT_ACCOUNT_ID]["aws"].create_bucket(bucket, "eu-central-1")


def remove_bucket(bucket: str) -> None:
    """Remove a bucket with all that is in it."""
    _buckets()[bucket].keys.clear()
    s3_backends[DEFAULT_ACCOUNT_ID]["aws"].delete_bucket(bucket)


def read(environ: dict[str, Any]) -> Answer | None:
    """The answer to a request, if it is one of the usual reads; None: it is not.

    Args:
        environ: of WSGI.
    """
    others = [name for name in environ if name.startswith("HTTP_IF_") and name != "HTTP_IF_MATCH"]
    if environ["REQUEST_METHOD"] != "GET" or others or "HTTP_RANGE" in environ:
        return None
    # PATH_INFO is decoded, which a name with %2F does not survive.
    path = unquote(environ["REQUEST_URI"].partition("?")[0])
    name, _, key = path.removeprefix("/").partition("/")
    bucket = _buckets().get(name)
    if bucket is None or bucket.is_versioned:
        return None
    if key:
        return _object(bucket, key, environ)
    query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    return _list(bucket, {parameter: values[0] for parameter, values in query.items()})


def _buckets() -> Any:
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets


def _object(bucket: Any, key: str, environ: dict[str, Any]) -> Answer | None:
    found = bucket.keys.get(key)
    if found is None or environ["QUERY_STRING"] or found.checksum_type == "COMPOSITE":
        return None
    if environ.get("HTTP_IF_MATCH", found.etag) != found.etag:
        return None
    headers = [*found.metadata.items(), *found.response_dict.items(), ("accept-ranges", "bytes")]
    if environ.get("HTTP_X_AMZ_CHECKSUM_MODE") == "ENABLED" and found.checksum_value:
        name = f"x-amz-checksum-{found.checksum_algorithm}"
        headers.append((name, found.checksum_value))
    return Answer({name.lower(): str(value) for name, value in headers}, bytes(found.value))


def _list(bucket: Any, query: dict[str, str]) -> Answer | None:
    usual = query.get("list-type") == "2" and query.get("encoding-type") == "url"
    if not usual or not query.keys() <= _LIST_PARAMETERS:
        return None
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    limit = int(query.get("max-keys", 1000))
    objects, folders = [], set()
    for name, key in bucket.keys.items():
        below = name[len(prefix) :]
        if not name.startswith(prefix):
            continue
        if delimiter and delimiter in below:
            folders.add(prefix + below.partition(delimiter)[0] + delimiter)
        else:
            objects.append(key)
        if len(objects) + len(folders) > limit:
            return None
    entries = "".join(map(_entry, sorted(objects, key=lambda key: str(key.name))))
    entries += "".join(
        f"<CommonPrefixes><Prefix>{quote(folder)}</Prefix></CommonPrefixes>"
        for folder in sorted(folders)
    )
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<IsTruncated>false</IsTruncated><Name>{bucket.name}</Name>"
        f"<Prefix>{quote(prefix)}</Prefix><MaxKeys>{limit}</MaxKeys>"
        f"{f'<Delimiter>{escape(delimiter)}</Delimiter>' if delimiter else ''}"
        f"<EncodingType>url</EncodingType><KeyCount>{len(objects) + len(folders)}</KeyCount>"
        f"{entries}</ListBucketResult>"
    )
    return Answer({"content-type": "application/xml"}, body.encode())


def _entry(key: Any) -> str:
    algorithm = key.checksum_algorithm
    checksum = f"<ChecksumAlgorithm>{algorithm}</ChecksumAlgorithm>" if algorithm else ""
    return (
        f"<Contents><Key>{quote(key.name)}</Key><LastModified>{key.last_modified_ISO8601}</LastModified>"
        f"<ETag>{escape(key.etag)}</ETag>{checksum}<Size>{key.size}</Size>"
        f"<StorageClass>{key.storage_class}</StorageClass></Contents>"
    )
