"""The kind of a file, from its first bytes.

Source of the signatures: the specifications of the formats, as collected in
https://www.garykessler.net/library/file_sigs.html.
"""

from __future__ import annotations

__all__ = ["suffix_of"]

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"GIF8", "gif"),
    (8, b"WEBP", "webp"),
    (8, b"WAVE", "wav"),
    (0, b"BM", "bmp"),
    (0, b"<svg", "svg"),
    (0, b"<?xml", "svg"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (0, b"\xff\xfb", "mp3"),
)


def suffix_of(content: bytes) -> str | None:
    """Return the usual suffix for files with this content; None if it is not known.

    >>> suffix_of(b"GIF89a...")
    'gif'
    """
    for place, signature, suffix in _SIGNATURES:
        if content[place : place + len(signature)] == signature:
            return suffix
    return None
