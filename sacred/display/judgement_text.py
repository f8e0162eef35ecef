"""A verdict on a candidate, and the reasons, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sacred.display.comparison_text import as_interval, as_mean, as_p, list_seeds, more_seeds
from sacred.display.value_text import one_line
from sacred.runs.judgement import Judgement, Reason

__all__ = ["judgement_lines"]


def judgement_lines(judgement: Judgement) -> Iterator[str]:
    """Yield the verdict, and one or two sentences with the reasons."""
    yield judgement.verdict
    yield _REASONS[judgement.reason](judgement)
    if judgement.pairs and judgement.test is not None:
        interval = as_interval(judgement.test.interval(judgement.plan.alpha))
        yield (
            f"{_pairs(judgement.pairs)}, {list_seeds(judgement.pairing.seeds or ())}: "
            f"candidate {as_mean(judgement.pairing.first)}, "
            f"incumbent {as_mean(judgement.pairing.second)}, "
            f"difference {judgement.test.estimate:.4g}, interval {interval}, "
            f"p = {as_p(judgement.test.p_value())}"
        )
    if judgement.beyond:
        more = "1 more pair does" if judgement.beyond == 1 else f"{judgement.beyond} more pairs do"
        yield f"{more} not count: the plan was {judgement.plan.looks[-1]}"


def _pairs(number: int) -> str:
    return "1 pair" if number == 1 else f"{number} pairs"


def _significant(judgement: Judgement) -> str:
    word = "better" if judgement.verdict == "KEEP" else "worse"
    text = f"The candidate is {word} than the incumbent, by more than the seeds explain."
    if judgement.look is not None and judgement.look < judgement.pairs:
        return f"{text} That was decided at {_pairs(judgement.look)}."
    return text


def _same(judgement: Judgement) -> str:
    return (
        "The candidate differs from the incumbent in nothing but the seed, "
        "and a change of seed is never a gain."
    )


def _failed(judgement: Judgement) -> str:
    runs = ", ".join(
        f"run {f.run} ({list_seeds([f.seed or '?'])}: {one_line(f.reason)})"
        for f in judgement.failed
    )
    return f"The candidate has no number for every seed: {runs}. Repeat these seeds, and no others."


def _pending(judgement: Judgement) -> str:
    missing = judgement.lacking
    there = (judgement.next_look or 0) - missing
    text = f"No verdict yet: {there} of {judgement.next_look} pairs."
    if len(judgement.missing) >= missing:
        return f"{text} Run the candidate with {list_seeds(judgement.missing[:missing])}."
    run = f"the candidate with {list_seeds(judgement.missing)}, and " if judgement.missing else ""
    return f"{text} Run {run}both with {more_seeds(missing - len(judgement.missing))}."


def _futile(judgement: Judgement) -> str:
    these = "this pair" if judgement.pairs == 1 else f"these {judgement.pairs} pairs"
    return (
        f"The candidate cannot become better any more: after {these}, not "
        f"even gains in all others of {judgement.plan.looks[-1]} would be significant."
    )


def _noise(judgement: Judgement) -> str:
    text = "The difference is no more than the seeds explain. All planned pairs are used up."
    plan, test = judgement.plan, judgement.test
    if test is not None and test.is_significant(plan.alpha):
        text += (
            f" After {len(plan.looks)} looks, p ≤ {plan.alpha:g} at the last one is not enough: "
            "a part of the level was spent at the others."
        )
    return text


_REASONS: dict[Reason, Callable[[Judgement], str]] = {
    "better": _significant,
    "worse": _significant,
    "same": _same,
    "failed": _failed,
    "pending": _pending,
    "futile": _futile,
    "noise": _noise,
}
