"""`Verdict`: the outcome of repeating a run."""

from __future__ import annotations

import itertools
from collections.abc import Collection

from sacred._base.frozen import Frozen
from sacred.records import RunRecord
from sacred.runs.program_words import runs_python
from sacred.status import COMPLETED
from sacred.verdicts.divergence import CALLS, CAUSES, EFFECTS, Divergence, divergences
from sacred.verdicts.error_text import last_error_in
from sacred.verdicts.numbers import Deviation, metric_deviations, result_deviations

__all__ = ["DEFAULT_TOLERANCE", "EXIT_CODES", "Verdict", "impossible", "verdict_of"]

#: The names of verdicts, with the exit codes of ``sacred rerun``.
EXIT_CODES = {"EXACT": 0, "EQUAL": 0, "CLOSE": 0, "DIFFERS": 1, "FAILED": 1, "IMPOSSIBLE": 2}
DEFAULT_TOLERANCE = 1e-6


class Verdict(Frozen):
    """Whether a repeated run is the same as the first one.

    Args:
        name: a key of `EXIT_CODES`.
        reason: the reason in words; empty if everything is the same.
        divergence: the first effect that differs, or None.
        causes: the differences that existed before the run started.
        call: the first call that differs, if both runs have a tape.
        is_hash_suspect: whether one of the runs ordered sets of strings randomly.
    """

    name: str
    reason: str = ""
    divergence: Divergence | None = None
    causes: tuple[Divergence, ...] = ()
    call: Divergence | None = None
    is_hash_suspect: bool = False

    @property
    def exit_code(self) -> int:
        """The exit code of ``sacred rerun``."""
        return EXIT_CODES[self.name]

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}" if self.reason else self.name


def impossible(reason: str) -> Verdict:
    """Return the verdict on a run that cannot be repeated here."""
    return Verdict(name="IMPOSSIBLE", reason=reason)


def verdict_of(
    first: RunRecord,
    again: RunRecord,
    tolerance: float = DEFAULT_TOLERANCE,
    ignored: Collection[str] = (),
) -> Verdict:
    """Compare a run with its repetition.

    Args:
        first: the first run.
        again: the repetition.
        tolerance: the largest difference between numbers that are close, relative to the larger one
            if that is above 1.
        ignored: patterns for names of metrics to ignore.
    """
    causes = tuple(divergences(first, again, kinds=CAUSES))
    effects = tuple(divergences(first, again, kinds=EFFECTS, ignored=ignored))
    name, reason = _judged(first, again, effects, tolerance, ignored)
    first_effect = effects[0] if effects else None
    return Verdict(
        name=name,
        reason=reason,
        divergence=first_effect,
        causes=causes,
        call=next(divergences(first, again, kinds=CALLS), None),
        is_hash_suspect=runs_python(first)
        and "random" in (run.environment.get("hash_seed") for run in (first, again)),
    )


def _judged(
    first: RunRecord,
    again: RunRecord,
    effects: tuple[Divergence, ...],
    tolerance: float,
    ignored: Collection[str],
) -> tuple[str, str]:
    by_kind = {effect.kind: effect for effect in effects}
    if first.status == COMPLETED != again.status:
        error = last_error_in(again.fail_trace or "")
        return "FAILED", f"it is {again.status}{f': {error}' if error else ''}"
    if not by_kind:
        return "EXACT", ""
    if "status" in by_kind:
        return "DIFFERS", str(by_kind["status"])
    if not by_kind.keys() & {"metrics", "result"}:
        return "EQUAL", f"the numbers are equal; {effects[0]}"
    furthest = _furthest(first, again, ignored)
    if furthest.distance <= tolerance:
        apart = f"at most {furthest.distance:.2g} apart ({furthest.place})"
        return "CLOSE", f"the numbers are {apart}"
    return "DIFFERS", str(effects[0])


def _furthest(first: RunRecord, again: RunRecord, ignored: Collection[str]) -> Deviation:
    found = itertools.chain(
        metric_deviations(first, again, ignored), result_deviations(first, again)
    )
    return max(found, key=lambda deviation: deviation.distance)
