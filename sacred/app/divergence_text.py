"""Lines of text that say where runs begin to differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sacred.display.console import BOLD, DIM, Console
from sacred.display.run_summary import truncate
from sacred.display.value_text import as_text, one_line
from sacred.verdicts.divergence import CALLS, CAUSES, EFFECTS, Divergence

__all__ = ["divergence_lines", "divergence_text"]


def divergence_text(found: Divergence) -> str:
    """Return what differs, and both values, in one line."""
    one, other = (_shown(value) for value in found.values)
    return f"{one_line(found.place)}: {one}, then {other}"


def _shown(value: Any) -> str:
    return "nothing" if value is None else truncate(one_line(as_text(value)))


def divergence_lines(found: Sequence[Divergence], console: Console) -> Iterator[str]:
    """Yield the first effect that differs, and what was different before.

    Args:
        found: the first difference in each respect, causes first.
        console: where they are printed.
    """
    causes = [divergence for divergence in found if divergence.kind in CAUSES]
    effects = [divergence for divergence in found if divergence.kind in EFFECTS]
    calls = [divergence for divergence in found if divergence.kind in CALLS]
    for divergence in causes:
        yield f"{console.style('before the run', DIM)}  {divergence_text(divergence)}"
    for divergence in calls:
        yield f"{console.style('first call', DIM)}      {divergence_text(divergence)}"
    if effects:
        label = console.style("differs first", BOLD)
        yield f"{label}   {divergence_text(effects[0])}"
    elif causes or calls:
        yield "nothing that came of them differs"
    else:
        yield "no difference"
