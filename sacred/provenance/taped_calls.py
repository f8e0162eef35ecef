"""The tape of a run as stores keep it: what each captured call took, drew and gave, as digests.

Beside the rows of the provenance there is ``tape``, with ``functions`` and ``callers`` (lists of
names and of places), ``events``, a text with a line for each event, and perhaps ``remark``. A line
is the kind of the event (`KINDS`), the number of the function, the number of the place that called
it, and a digest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["KINDS", "TapedEvent", "first_difference", "tape_document", "taped_events"]

#: What a call did, by the first character of its line.
KINDS = {"d": "drew", "t": "took", "n": "drew from its generator", "g": "gave", "x": "raised"}


class TapedEvent(NamedTuple):
    """Something that a call did.

    Attributes:
        kind: a key of `KINDS`.
        function: its name.
        place: file and line of its definition.
        caller: file and line that it was called from.
        digest: of the values.
    """

    kind: str
    function: str
    place: str
    caller: str
    digest: str


def tape_document(
    functions: Sequence[tuple[str, str]], callers: Sequence[str], lines: Sequence[str], remark: str
) -> dict[str, Any]:
    """Return what is stored.

    Args:
        functions: names and places.
        callers: places.
        lines: of the events.
        remark: what is missing; empty: nothing.
    """
    document: dict[str, Any] = {
        "functions": [list(function) for function in functions],
        "callers": list(callers),
        "events": "\n".join(lines),
    }
    return {**document, "remark": remark} if remark else document


def taped_events(stored: Any) -> list[TapedEvent] | None:
    """Read a tape; None: there is none, or it has another form.

    Args:
        stored: the provenance of a run in its stored form.

    >>> document = tape_document([("f", "a.py:1")], ["a.py:9"], ["t 0 0 07"], "")
    >>> [(event.function, event.digest) for event in taped_events({"tape": document})]
    [('f', '07')]
    """
    tape = stored.get("tape") if isinstance(stored, Mapping) else None
    if not isinstance(tape, Mapping) or not isinstance(tape.get("events"), str):
        return None
    try:
        return list(_read(tape))
    except (LookupError, TypeError, ValueError):
        return None


def _read(tape: Mapping[str, Any]) -> Iterator[TapedEvent]:
    functions, callers = tape["functions"], tape["callers"]
    for line in tape["events"].splitlines():
        if not re.fullmatch(r"[a-z] \d+ \d+ [0-9a-f]*", line):
            raise ValueError(line)
        kind, function, caller, digest = line.split(" ")
        name, place = functions[int(function)]
        yield TapedEvent(kind, str(name), str(place), str(callers[int(caller)]), digest)


def first_difference(
    first: Sequence[TapedEvent], second: Sequence[TapedEvent]
) -> tuple[int, TapedEvent, TapedEvent] | None:
    """Return the first events that differ, and the number of that call of its function.

    Lines do not count: a source may have been edited. Of a tape that goes on longer, the end does
    not count, either.

    Args:
        first: a tape.
        second: another one.
    """
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if (one.kind, one.function, one.digest) != (other.kind, other.function, other.digest):
            calls = [event for event in first[: index + 1] if event.function == one.function]
            number = sum(event.kind == "t" for event in calls) + (one.kind == "d")
            return number, one, other
    return None
