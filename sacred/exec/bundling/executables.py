"""The interpreters that the system itself opens to start programs: `PT_INTERP`, ``#!``."""

from __future__ import annotations

import os
import struct

__all__ = ["interpreter_of"]

_MAX_LINE_BYTES = 256
_PT_INTERP = 3


def interpreter_of(path: str) -> str | None:
    """Return what the system starts in order to execute a file.

    Args:
        path: of a program or a script.

    Returns:
        the path of the loader of a dynamic program, or of the program after ``#!``; None: there
        is none, or the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(_MAX_LINE_BYTES)
            if head.startswith(b"#!"):
                words = head[2:].partition(b"\n")[0].split()
                return os.fsdecode(words[0]) if words else None
            if not head.startswith(b"\x7fELF"):
                return None
            offset, size = _interpreter_place(head, path)
            file.seek(offset)
            return os.fsdecode(file.read(size).partition(b"\0")[0]) or None
    except (OSError, struct.error, IndexError):
        return None


def _interpreter_place(head: bytes, path: str) -> tuple[int, int]:
    """Return offset and size of the name of the loader; size 0: the program is static."""
    is_64 = head[4] == 2
    order = "<" if head[5] == 1 else ">"
    table = struct.unpack_from(f"{order}{'Q' if is_64 else 'I'}", head, 32 if is_64 else 28)[0]
    size, count = struct.unpack_from(f"{order}HH", head, 54 if is_64 else 42)
    with open(path, "rb") as file:
        file.seek(table)
        rows = file.read(size * count)
    for number in range(count):
        row = rows[number * size : (number + 1) * size]
        if struct.unpack_from(f"{order}I", row)[0] != _PT_INTERP:
            continue
        if is_64:
            offset, _, _, length = struct.unpack_from(f"{order}QQQQ", row, 8)
        else:
            offset, _, _, length = struct.unpack_from(f"{order}IIII", row, 4)
        return offset, length
    return 0, 0
