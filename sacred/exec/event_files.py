"""Scalars in the event files that TensorBoard shows, read without TensorFlow.

The format: records of length (8 bytes), checksum of the length (4), content, checksum of the
content (4), all little-endian (``tensorflow/core/lib/io/record_writer.h``). The content is a
message ``Event`` of protocol buffers (``tensorflow/core/util/event.proto``)::

    Event        2: int64 step   5: Summary summary
    Summary      1: repeated Value value
    Value        1: string tag   2: float simple_value   8: TensorProto tensor
    TensorProto  1: DataType dtype   4: bytes tensor_content   5: float_val   6: double_val

Checksums are ignored: a record that is only partly written is shorter than its length.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any

from sacred.exec.metric_lines import Point

__all__ = ["EventMetrics", "is_event_file", "scalars_of"]

_MARK = ".tfevents."
_MAX_RECORD_BYTES = 1 << 26
_FLOAT, _DOUBLE = 1, 2  # of DataType
_PLUGIN_NAMES_OF_OTHERS = (b"hparams", b"graph_run_metadata")


def is_event_file(name: str) -> bool:
    """Whether a file has the name of an event file.

    >>> is_event_file("events.out.tfevents.1700000000.host.1.0")
    True
    """
    return _MARK in os.path.basename(name)


class EventMetrics:
    """Reads an event file, or all event files below a directory, as far as they have been written.

    Args:
        path: a file or directory, which need not exist yet. Scalars from a sub-directory get
            its name as a prefix, as in TensorBoard.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._offsets: dict[str, int] = {}

    def points(self, is_over: bool = False) -> Iterator[Point]:
        """Yield new points.

        Args:
            is_over: not used, because records contain their length.
        """
        for file in self._files():
            folder = os.path.relpath(os.path.dirname(file) or ".", self.path)
            prefix = "" if folder.startswith(".") else f"{folder}/"
            for record in self._new_records(file):
                for tag, value, step in scalars_of(record):
                    yield Point(f"{prefix}{tag}", value, step)

    def _files(self) -> Iterator[str]:
        if not os.path.isdir(self.path):
            yield from [self.path] if os.path.exists(self.path) else []
            return
        for folder, folders, names in os.walk(self.path):
            folders.sort()
            yield from (os.path.join(folder, name) for name in sorted(names) if is_event_file(name))

    def _new_records(self, path: str) -> Iterator[bytes]:
        with open(path, "rb") as file:
            file.seek(self._offsets.get(path, 0))
            while len(head := file.read(12)) == 12:
                [length] = struct.unpack_from("<Q", head)
                if length > _MAX_RECORD_BYTES:
                    raise ValueError(f"{path} is no event file: a record of {length} bytes")
                content = file.read(length + 4)
                if len(content) < length + 4:
                    return
                self._offsets[path] = file.tell()
                yield content[:length]


def scalars_of(event: bytes) -> Iterator[tuple[str, float, int]]:
    """Yield name, value and step of the scalars in a message ``Event``.

    Raises:
        ValueError: it is not a message.
    """
    fields = list(_fields(event))
    step = next((value for number, value in fields if number == 2), 0)
    step = step - (1 << 64) if step >> 63 else step
    for summary in (value for number, value in fields if number == 5):
        for value in (content for number, content in _fields(summary) if number == 1):
            known = dict(_fields(value))
            number = known[2] if 2 in known else _scalar_of(known.get(8))
            if isinstance(number, bytes):
                [number] = struct.unpack("<f", number)
            if number is not None and not _is_of_others(known.get(9)):
                yield known.get(1, b"").decode("utf-8", "replace"), float(number), step


def _is_of_others(metadata: Any) -> bool:
    return isinstance(metadata, bytes) and any(name in metadata for name in _PLUGIN_NAMES_OF_OTHERS)


def _scalar_of(tensor: Any) -> float | None:
    """Return the value of a tensor with a single float or double; None for other tensors."""
    if not isinstance(tensor, bytes):
        return None
    known = dict(_fields(tensor))
    code = {_FLOAT: "<f", _DOUBLE: "<d"}.get(known.get(1, 0))
    content = known.get(4) or known.get(5) or known.get(6)
    if code is None or not isinstance(content, bytes) or len(content) != struct.calcsize(code):
        return None
    [value] = struct.unpack(code, content)
    return float(value)


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield numbers and values of the fields of a message: integers, or bytes."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if kind == 2:
            length, place = _varint(message, place)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of kind {kind}")
        if place + length > len(message):
            raise ValueError("a field is longer than its message")
        yield key >> 3, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(message):
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise ValueError("a number without an end")
