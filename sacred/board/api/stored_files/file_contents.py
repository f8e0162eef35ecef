"""Files of runs by ranges, and the rows of tables: as data, nothing executes them in the page."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import IO, Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from sacred._base.extras import require
from sacred.board.api.operations import Call
from sacred.board.problem_details import Problem
from sacred.board.security_headers import DOCUMENT_POLICY, STORED_POLICY
from sacred.display.value_text import as_json
from sacred.records import StoredFile

__all__ = ["read_file", "read_table"]

_CHUNK = 1 << 18
_MAX_ROWS = 200
#: What browsers show without acting upon it, in a sandbox of its own.
_SHOWN = frozenset(
    {
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/avif",
        "image/svg+xml", "audio/mpeg", "audio/ogg", "audio/wav", "audio/x-wav", "audio/flac",
        "video/mp4", "video/webm", "video/ogg", "application/pdf", "text/html",
    }
)  # fmt: skip


def read_file(call: Call) -> Response:
    """Return the content of a file, or a range of it.

    Args:
        call: with the run, the kind and the name of the file.

    Raises:
        Problem: there is no such file, or no such range.
    """
    file = _file(call)
    content = file.open()
    try:
        size = _size(content)
        etag = f'"{file.entry.md5 or size}-{size}"'
        headers = _headers(file, etag, is_shown=call.values["show"])
        if call.headers.get("if-none-match") == etag:
            content.close()
            return Response(status_code=304, headers=headers)
        asked = call.headers.get("range")
        if call.headers.get("if-range") not in (None, etag):
            asked = None
        start, end = (0, size) if asked is None else _range(asked, size)
    except BaseException:
        content.close()
        raise
    headers["Content-Length"] = str(end - start)
    if asked is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 200 if asked is None else 206
    return _FileResponse(content, _chunks(content, start, end), status, headers)


def read_table(call: Call) -> dict[str, Any]:
    """Return the first rows of a Parquet file.

    Args:
        call: with the run, the kind and the name of the file.

    Raises:
        Problem: there is no such file, or it is not a Parquet file.
        MissingExtraError: pyarrow is not installed.
    """
    parquet: Any = require("pyarrow.parquet", purpose="showing tables in the format Parquet")
    with _file(call).open() as content:
        try:
            table = parquet.ParquetFile(content)
            batch = next(table.iter_batches(batch_size=_MAX_ROWS), None)
            total, schema = table.metadata.num_rows, table.schema_arrow
            columns = [] if batch is None else [column.to_pylist() for column in batch.columns]
        except (ValueError, OSError, ArithmeticError) as error:  # errors of Arrow are these
            raise Problem(409, f"the file is no table that can be read: {error}") from None
    return {
        "columns": [{"name": field.name, "type": str(field.type)} for field in schema],
        "rows": [[as_json(value) for value in row] for row in zip(*columns, strict=True)],
        "total": total,
    }


def _file(call: Call) -> StoredFile:
    files: Mapping[str, StoredFile] = getattr(call.run, call.values["kind"])
    name = call.values["name"]
    if name not in files:
        raise Problem(404, f"the run has no such file among its {call.values['kind']}: {name}")
    return files[name]


class _FileResponse(StreamingResponse):
    """Closes the file also if whoever asked is gone before the first chunk."""

    def __init__(
        self, content: IO[bytes], chunks: Iterator[bytes], status: int, headers: dict[str, str]
    ) -> None:
        super().__init__(chunks, status, headers)
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._content.close()


def _size(content: IO[bytes]) -> int:
    return content.seek(0, os.SEEK_END)


def _headers(file: StoredFile, etag: str, is_shown: bool) -> dict[str, str]:
    kind = file.content_type.partition(";")[0].strip().lower()
    is_shown = is_shown and kind in _SHOWN
    # Everything else is a text to whoever asks for it as one, and a download.
    disposition = "inline" if is_shown else "attachment"
    return {
        "Content-Type": kind if is_shown else "application/octet-stream",
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(file.base_name, safe='')}",
        "Content-Security-Policy": (
            DOCUMENT_POLICY if is_shown and kind == "application/pdf" else STORED_POLICY
        ),
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, no-cache",
    }


def _range(asked: str, size: int) -> tuple[int, int]:
    """The first byte of a range, and the one behind its last.

    >>> _range("bytes=2-", 10), _range("bytes=-3", 10), _range("bytes=0-99", 10)
    ((2, 10), (7, 10), (0, 10))
    """
    unit, _, text = asked.partition("=")
    first, dash, last = text.strip().partition("-")
    numbers = [part for part in (first, last) if part]
    if unit.strip() != "bytes" or not dash or not numbers or not all(map(_is_number, numbers)):
        raise Problem(416, f"no range of a file: {asked[:80]!r}")
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    if start >= end:
        raise Problem(416, f"the file has {size} bytes")
    return start, end


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 19


def _chunks(content: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    content.seek(start)
    remaining = end - start
    while remaining and (chunk := content.read(min(_CHUNK, remaining))):
        remaining -= len(chunk)
        yield chunk
