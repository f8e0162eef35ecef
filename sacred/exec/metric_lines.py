"""Metrics in the output of a program, and in the JSON lines that it writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sacred._base.frozen import Frozen
from sacred.runs.errors import UsageError

__all__ = ["MAX_LINE_BYTES", "LineSplitter", "MetricPattern", "Point", "points_of_json"]

#: Maximum length of a line without an end; a longer one has no metrics.
MAX_LINE_BYTES = 1 << 16


class Point(NamedTuple):
    """A value of a metric; if ``step`` is None, the next step."""

    name: str
    value: float
    step: float | None = None


class MetricPattern(Frozen):
    r"""A metric that a program prints.

    Args:
        name: of the metric.
        regex: its group ``value``, else its first group, is the value; its group ``step``, if
            there is one, is the step.

    >>> pattern = MetricPattern.parse(r"loss: epoch (?P<step>\d+).* loss=(?P<value>\S+)")
    >>> list(pattern.points("epoch 3: loss=0.5"))
    [Point(name='loss', value=0.5, step=3.0)]
    """

    name: str
    regex: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> MetricPattern:
        """Parse a pattern of the form ``NAME: REGEX``.

        Raises:
            UsageError: it does not have this form.
        """
        name, colon, pattern = text.partition(":")
        if not colon or not name.strip() or not pattern.strip():
            raise UsageError(rf"a metric is NAME: REGEX, as in 'loss: loss=(\S+)', not {text!r}")
        try:
            regex = re.compile(pattern.strip())
        except re.error as error:
            raise UsageError(f"the pattern of the metric {name.strip()!r}: {error}") from error
        if not regex.groups - ("step" in regex.groupindex):
            raise UsageError(
                f"the pattern of the metric {name.strip()!r} has no group (...) around the value"
            )
        return cls(name=name.strip(), regex=regex)

    def points(self, line: str) -> Iterator[Point]:
        """Yield the points of this metric in a line of the output."""
        names = self.regex.groupindex
        first = next(n for n in range(1, self.regex.groups + 1) if n != names.get("step"))
        for match in self.regex.finditer(line):
            value = _number(match[names.get("value", first)])
            step = _number(match["step"]) if "step" in names else None
            if value is not None:
                yield Point(self.name, value, step)


class LineSplitter:
    r"""Joins chunks of output into lines; a carriage return ends a line as well.

    >>> splitter = LineSplitter()
    >>> [*splitter.lines(b"loss=0.5\rlo"), *splitter.lines(b"ss=0.4\n")]
    ['loss=0.5', 'loss=0.4']
    """

    def __init__(self) -> None:
        self._rest = b""

    def lines(self, data: bytes) -> Iterator[str]:
        """Yield the lines that are now complete."""
        *lines, rest = re.split(rb"[\r\n]", self._rest + data)
        self._rest = rest if len(rest) <= MAX_LINE_BYTES else b""
        for line in lines:
            if line and len(line) <= MAX_LINE_BYTES:
                yield line.decode("utf-8", "replace")

    def end(self) -> Iterator[str]:
        """Yield the rest as the last line."""
        yield from self.lines(b"\n")


def points_of_json(line: str) -> tuple[list[Point], dict[str, Any]]:
    """Return the points in a JSON line of ``$SACRED_METRICS``, and other content.

    Args:
        line: an object ``{"name": "loss", "value": 0.5, "step": 3}``, or
            ``{"loss": 0.5, "accuracy": 0.8, "step": 3}``.

    Returns:
        the points, and ``{"result": value}`` if the line has a result.

    Raises:
        ValueError: the line does not have this form.

    >>> points_of_json('{"loss": 0.5, "step": 3}')[0]
    [Point(name='loss', value=0.5, step=3)]
    """
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    step = found.pop("step", None)
    if step is not None and not _is_number(step):
        raise ValueError("its step is no number")
    if isinstance(found.get("name"), str) and "value" in found:
        found = {found["name"]: found["value"]}
    others = {"result": found.pop("result")} if "result" in found else {}
    wrong = [name for name, value in found.items() if not _is_number(value)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no number")
    return [Point(name, value, step) for name, value in found.items()], others


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text.rstrip(",;"))
    except ValueError:
        return None
