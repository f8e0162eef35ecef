"""The output of a run in TinyDB, of any length.

As long as it is short it is ``captured_out`` in the entry of its run. Beyond, that has its
beginning, a line that says so, and its end; all but the end is in files beside the database,
which ``captured_out_parts`` lists in their order: ``[[where it stops, digest], ...]``. So a
heartbeat does not write again all that a run has ever printed.

The end starts where the last file stops. Positions are in characters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

__all__ = ["PARTS", "whole_output", "with_output"]

#: The field of the entry that lists the files.
PARTS = "captured_out_parts"

MAX_CHARS_IN_ENTRY = 2 * 1024 * 1024
HEAD_CHARS = 512 * 1024
TAIL_CHARS = 512 * 1024
NOTICE = f"\n[... this is not all: the rest is in hashfs, see {PARTS} ...]\n"

#: Where a file stops, and its digest.
Part = Sequence[int | str]


def with_output(
    shown: str,
    parts: Sequence[Part],
    start: int,
    text: str,
    put: Callable[[str], str],
    read: Callable[[str], str],
) -> tuple[str, list[Part]]:
    """Return the two fields for the output ``output[:start] + text``.

    Args:
        shown: what is in ``captured_out``.
        parts: what is in ``captured_out_parts``.
        start: how many characters stay.
        text: what follows them.
        put: stores a text in a file and returns its digest.
        read: the inverse.

    Raises:
        ValueError: there are fewer than `start` characters.
    """
    kept = list(parts)
    head, end = _separated(shown, kept)
    while kept and start < _stop_of(kept):
        # A filter has rewritten what is in a file by now: what is behind it goes.
        _, digest = kept.pop()
        end = read(str(digest))
    stored = _stop_of(kept)
    if stored + len(end) < start:
        raise ValueError(f"output up to {start} is missing")
    end = end[: start - stored] + text
    size, begin = MAX_CHARS_IN_ENTRY - TAIL_CHARS, 0
    # The last lines stay: a filter may still rewrite them, as with progress bars.
    while len(end) - begin > MAX_CHARS_IN_ENTRY:
        piece = end[begin : begin + size]
        head = head if kept else piece[:HEAD_CHARS]
        begin += len(piece)
        kept.append([stored + begin, put(piece)])
    return (head + NOTICE if kept else "") + end[begin:], kept


def whole_output(shown: str, parts: Sequence[Part], read: Callable[[str], str]) -> str:
    """Return the whole output of a run.

    Args:
        shown: what is in ``captured_out``.
        parts: what is in ``captured_out_parts``.
        read: the text of a file by its digest.
    """
    _, end = _separated(shown, parts)
    return "".join([*(read(str(digest)) for _, digest in parts), end])


def _separated(shown: str, parts: Sequence[Part]) -> tuple[str, str]:
    """The beginning that is shown, and the end; without files, all of it is the end."""
    return (shown[:HEAD_CHARS], shown[HEAD_CHARS + len(NOTICE) :]) if parts else ("", shown)


def _stop_of(parts: Sequence[Part]) -> int:
    return int(parts[-1][0]) if parts else 0
