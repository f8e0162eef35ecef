"""The stored form of the tape of a run: digests of what each captured call took, drew and returned.

Next to the rows of the provenance there is ``tape``, with ``functions`` and ``callers`` (lists of
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
    """An event in a call.

    Attributes:
        kind: a key of `KINDS`.
        function: the name of the function.
        place: the file and line of its definition.
        caller: the file and line of the call.
        digest: the digest of the values.
    """

    kind: str
    function: str
    place: str
    caller: str
    digest: str


def tape_document(
    functions: Sequence[tuple[str, str]], callers: Sequence[str], lines: Sequence[str], remark: str
) -> dict[str, Any]:
    """Return the stored form.

    Args:
        functions: the names and places of functions.
        callers: the places of calls.
        lines: the lines for the events.
        remark: what is missing; empty if nothing is.
    """
    document: dict[str, Any] = {
        "functions": [list(function) for function in functions],
        "callers": list(callers),
        "events": "\n".join(lines),
    }
    return {**document, "remark": remark} if remark else document


def taped_events(stored: Any) -> list[TapedEvent] | None:
    """Read a tape; return None if there is none, or if it has another form.

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
    """Return the first events that differ, and which call of the function that was.

    Line numbers do not count, because a source may have been edited. If one tape is longer, its end
    does not count either.

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
