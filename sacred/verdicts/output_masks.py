"""Parts of outputs that differ each time, and are masked before outputs are compared."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from sacred._base.frozen import Frozen
from sacred.records import RunRecord
from sacred.verdicts.run_paths import roots_of

__all__ = ["MASKS", "Mask", "differing_lines", "mask_output"]


class Mask(Frozen, kw_only=False):
    """A kind of text that says nothing about whether two runs are the same.

    Args:
        name: the name of the kind.
        pattern: a regular expression that matches it.
        replacement: the string that replaces it.
    """

    name: str
    pattern: str
    replacement: str


_NUMBER = r"\d+(?:[.,]\d+)?"
_UNITS = (
    r"(?:[nuµm]?s|secs?|seconds?|milliseconds?|microseconds?|mins?|minutes?|h|hrs?|hours?|days?)"
)

#: In this order; docs/rerunning.rst lists them.
MASKS = (
    Mask("colours", r"\x1b\[[0-9;?]*[A-Za-z]", ""),
    Mask("packages", r"[^\s\"'(]*/(?:site-packages|dist-packages|lib/python3\.\d+)/", "<python>/"),
    Mask(
        "dates",
        r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?",
        "<date>",
    ),
    Mask(
        "dates",
        r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? (?:[A-Z][a-z]{2} +\d+|\d+ [A-Z][a-z]{2})"
        r"(?: \d{4})?(?: \d\d:\d\d:\d\d)?(?: [A-Z]{3,4})?(?: \d{4})?",
        "<date>",
    ),
    Mask("durations", r"\b(?:\d+ days?, )?\d+:\d\d(?::\d\d)?(?:[.,]\d+)?\b", "<time>"),
    Mask("rates", rf"\b{_NUMBER} ?[A-Za-z]*/(?:s|sec|second|min|it|step|epoch|batch)\b", "<rate>"),
    Mask("rates", rf"\b{_NUMBER} ?(?:{_UNITS})/[A-Za-z]+\b", "<rate>"),
    Mask("durations", rf"\b{_NUMBER}(?:e-?\d+)? ?{_UNITS}\b", "<time>"),
    Mask("run ids", r"(\bID )\"[^\"\n]*\"", r'\1"<id>"'),
    Mask("processes", r"(?i)\b((?:pid|process)[ =:#]*)\d+", r"\1<number>"),
    Mask("temporary files", r"\btmp[a-z0-9_]{8}\b", "<temporary>"),
    Mask("addresses", r"\b0x[0-9a-fA-F]{6,}", "<address>"),
)
_DIRECTORY = "<directory>"
#: Lines of this library that a repetition does not have: about words of a command line, of
#: observers of databases, and about known runs.
_NOT_REPEATED = (
    r"WARNING - .* - Config entry .* was set, and nothing has read it$"
    r"|Added \S+ as content-type of artifact .*$"
    r"|INFO - .* - Run .* was the same: .*$"
    r"|INFO - .* - Tape: \d+ calls in .*$"
)


def mask_output(text: str, *records: RunRecord) -> str:
    """Return the output with everything masked that differs each time.

    Args:
        text: the output.
        *records: the runs that are compared. The directories of all of them are masked, because
            a repetition may use files in the directories of the first run.
    """
    for root in roots_of(*records):
        text = text.replace(root, _DIRECTORY)
    for mask in MASKS:
        text = re.sub(mask.pattern, mask.replacement, text)
    return text


def differing_lines(
    first: RunRecord, second: RunRecord
) -> tuple[int, str | None, str | None] | None:
    """Return the number and the text of the first line in which the outputs of two runs differ.

    Args:
        first: the first run.
        second: the second run.

    Returns:
        the number, from 1, and both lines as printed (None if there is none); None if the outputs
        agree.
    """
    lines = (_lines(record, first, second) for record in (first, second))
    for number, (one, other) in enumerate(itertools.zip_longest(*lines), 1):
        if one is None or other is None or one[0] != other[0]:
            return number, one and one[1], other and other[1]
    return None


def _lines(record: RunRecord, *compared: RunRecord) -> Iterator[tuple[str, str]]:
    """Yield the lines of the output: masked, and as they are."""
    for line in record.output.rstrip().splitlines():
        if re.match(_NOT_REPEATED, line):
            continue
        yield mask_output(line, *compared).rstrip(), line
