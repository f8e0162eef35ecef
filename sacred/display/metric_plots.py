"""Metrics of one run, or of several in one plot, drawn in a terminal."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence

from sacred._base.text import BLUE, GREEN, RED
from sacred.display.console import BOLD, YELLOW, Console
from sacred.display.plot import PlotLine, Point, finite_point, plot_curves
from sacred.display.value_text import as_text, display_width, one_line
from sacred.records import Metric

__all__ = ["plot_metrics"]

_COLOURS = (BLUE, YELLOW, GREEN, RED, "\033[35m", "\033[36m", "\033[94m", "\033[92m", "\033[95m")
_MAX_WIDTH, _PIPE_WIDTH = 100, 80


def plot_metrics(runs: Mapping[str, Mapping[str, Metric]], log: bool, console: Console) -> None:
    """Draw each metric, with a curve for each run that has it, or bars if they have one point each.

    Args:
        runs: labels of the runs → their metrics.
        log: whether the scale is logarithmic.
        console: where to draw.
    """
    width = min(console.width, _MAX_WIDTH) if console.is_terminal else _PIPE_WIDTH
    for name in dict.fromkeys(name for metrics in runs.values() for name in metrics):
        found = {label: metrics[name] for label, metrics in runs.items() if name in metrics}
        points = {label: _points(metric) for label, metric in found.items()}
        title = f"{one_line(name)}{_last(found)}"
        console.print(console.style(title, BOLD))
        if any(len(curve) > 1 for curve in points.values()):
            _draw_curves(list(points), list(points.values()), width, log, console)
        elif len(points) > 1:
            for line in _bars({label: p[0][1] for label, p in points.items() if p}, width, console):
                console.print(line)
        elif not any(points.values()):
            console.print("  (no finite numbers to plot)")


def _points(metric: Metric) -> list[Point]:
    return [point for point in map(finite_point, metric) if point]


def _last(found: Mapping[str, Metric]) -> str:
    if len(found) != 1:
        return ""
    (metric,) = found.values()
    is_number = isinstance(metric.last, int | float)
    where = f" (step {as_text(metric.step)}, the only one)" if len(metric) == 1 else ""
    return f"  last {metric.last:.6g}{where}" if is_number else ""


def _draw_curves(
    labels: Sequence[str], curves: Sequence[list[Point]], width: int, log: bool, console: Console
) -> None:
    is_one = len(curves) == 1
    marks = ""
    if not console.has_unicode or not (is_one or console.coloured):
        marks = "*" if is_one else string.ascii_lowercase
    lines = plot_curves(curves, width, log=log, marks=marks)
    for line in lines:
        console.print(_styled(line, is_one, console))
    if not lines:
        console.print("  (no finite numbers to plot)")
    elif not is_one:
        for number, label in enumerate(labels):
            mark = marks[number % len(marks)] if marks else "──"
            console.print(f"  {_coloured(mark, number, console)} {one_line(label)}")


def _styled(line: PlotLine, is_one: bool, console: Console) -> str:
    return "".join(
        text if owner is None or is_one else _coloured(text, owner, console) for text, owner in line
    )


def _coloured(text: str, number: int, console: Console) -> str:
    return console.style(text, _COLOURS[number % len(_COLOURS)])


def _bars(values: Mapping[str, float], width: int, console: Console) -> Iterator[str]:
    """Yield a line for each value, with a bar from zero or from the smallest negative one."""
    names = {label: one_line(label) for label in values}
    texts = {label: as_text(value) for label, value in values.items()}
    indent = max(map(display_width, names.values()), default=0)
    number = max(map(len, texts.values()), default=0)
    room = max(width - indent - number - 6, 8)
    low, high = min([0.0, *values.values()]), max([0.0, *values.values()])
    for label, value in values.items():
        share = (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.0
        bar = ("█" if console.has_unicode else "#") * round(share * room)
        pad = " " * (indent - display_width(names[label]))
        yield f"  {names[label]}{pad}  {texts[label]:>{number}}  {bar}".rstrip()
