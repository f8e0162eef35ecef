"""Conclusions from comparisons of groups of runs, and their limits, in sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sacred.display.table import Table
from sacred.display.value_text import as_text, one_line
from sacred.runs.groups import Direction, RunGroup, seed_order
from sacred.runs.identity import changed_entries
from sacred.runs.significance import Comparison
from sacred.statistics.attainable import (
    pairs_needed,
    runs_for_effect,
    runs_to_add,
    smallest_p_of_pairs,
    smallest_p_of_samples,
)
from sacred.statistics.student import Noise, mean_interval

__all__ = [
    "as_interval",
    "as_mean",
    "as_p",
    "comparison_table",
    "conclusion",
    "conclusions",
    "in_both",
    "list_seeds",
    "mean_and_margin",
    "more_seeds",
    "noise_line",
    "remarks",
    "without_partner",
]

#: How many seeds, runs or entries are named.
_MAX_NAMED = 8
_NEVER_ENOUGH = "No number of runs is enough for so many comparisons at this level."


def comparison_table(
    comparisons: Sequence[Comparison], metric: str, for_people: bool = True
) -> Table:
    """Return a table with a row for each comparison.

    Args:
        comparisons: the comparisons of groups.
        metric: what is compared.
        for_people: whether to shorten cells and leave out columns for programs.
    """
    rows = [(_row if for_people else _full_row)(comparison, metric) for comparison in comparisons]
    names = list(rows[0]) if rows else []
    if for_people and not any(row["within"] for row in rows):
        names.remove("within")
    cells = [[row[name] for name in names] for row in rows]
    # A terminal that is too narrow must not lose the last columns.
    return Table(names=names, rows=cells, compares=for_people)


def _row(comparison: Comparison, metric: str) -> dict[str, Any]:
    pairing, test = comparison.pairing, comparison.test
    one, other = len(pairing.first), len(pairing.second)
    return {
        "A": comparison.first.name,
        "B": comparison.second.name,
        "within": comparison.name or None,
        "n": f"{one} pairs" if pairing.seeds is not None else f"{one} + {other}",
        "mean A": as_mean(pairing.first),
        "mean B": as_mean(pairing.second),
        "A - B": None if test is None else test.estimate,
        "interval": as_interval(comparison.interval),
        "p": None if test is None else float(as_p(comparison.p_value)),
        "effect": None if (effect := pairing.effect()) is None else float(f"{effect:.3g}"),
    }


def _full_row(comparison: Comparison, metric: str) -> dict[str, Any]:
    pairing, test = comparison.pairing, comparison.test
    low, high = comparison.interval or (None, None)
    return {
        "metric": metric,
        "within": comparison.name,
        "a": comparison.first.name,
        "b": comparison.second.name,
        "paired": pairing.seeds is not None,
        "n_a": len(pairing.first),
        "n_b": len(pairing.second),
        "mean_a": _mean(pairing.first),
        "mean_b": _mean(pairing.second),
        "difference": None if test is None else test.estimate,
        "low": low,
        "high": high,
        "p": None if test is None else test.p_value(),
        "p_holm": None if test is None else comparison.p_value,
        "exact": None if test is None else test.is_exact,
        "effect": pairing.effect(),
        "smallest_p": pairing.smallest_p,
        "significant": comparison.is_significant,
        "possible": comparison.can_be_significant,
        "runs_a": comparison.first.runs,
        "runs_b": comparison.second.runs,
    }


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def as_mean(values: Sequence[float], alpha: float = 0.05) -> str:
    """Return a mean and the margin of its confidence interval, by Student's t: ``0.91 ± 0.02``.

    Args:
        values: the numbers.
        alpha: the probability that the interval misses the true mean (default: 0.05).

    Returns:
        the mean alone if there is one value; an empty string if there is none.

    >>> as_mean([1, 2, 3, 4]), as_mean([0.5]), as_mean([])
    ('2.5 ± 2.1', '0.5', '')
    """
    if not values:
        return ""
    found = mean_interval(values, alpha)
    return mean_and_margin(found.mean, found.margin)


def mean_and_margin(mean: float, margin: float) -> str:
    """Return a mean and its margin, which has two digits; both have the same number of decimals.

    Args:
        mean: the mean.
        margin: half the width of its interval; if it is not finite, only the mean is returned.

    >>> mean_and_margin(0.91234, 0.0213), mean_and_margin(1234.5, 210), mean_and_margin(1, 0)
    ('0.912 ± 0.021', '1230 ± 210', '1 ± 0')
    """
    if not math.isfinite(margin):
        return as_text(mean)
    if not margin:
        return f"{as_text(mean)} ± 0"
    decimals = 1 - math.floor(math.log10(margin))
    if not -12 < decimals < 12:
        return f"{as_text(mean)} ± {margin:.2g}"
    shown = max(decimals, 0)
    return f"{round(mean, decimals):.{shown}f} ± {round(margin, decimals):.{shown}f}"


def as_p(p_value: float) -> str:
    """Return a p-value with three digits.

    >>> as_p(1 / 32), as_p(0.05), as_p(1)
    ('0.0313', '0.05', '1')
    """
    return f"{p_value + 1e-9:.3g}"


def as_interval(interval: tuple[float, float] | None) -> str:
    """Return an interval as text.

    >>> as_interval((0.1, math.inf)), as_interval((-math.inf, math.inf)), as_interval(None)
    ('[0.1, ∞)', 'unbounded', '')
    """
    if interval is None:
        return ""
    low, high = interval
    if math.isinf(low) and math.isinf(high):
        return "unbounded"
    start = "(-∞" if math.isinf(low) else f"[{low:.4g}"
    return f"{start}, {'∞)' if math.isinf(high) else f'{high:.4g}]'}"


def conclusions(
    comparisons: Sequence[Comparison], direction: Direction | None, by_name: bool = False
) -> Iterator[str]:
    """Yield the conclusions from comparisons; what is true for several is said once.

    Args:
        comparisons: the comparisons of groups.
        direction: whether higher or lower values are better; None if unknown.
        by_name: whether to use the names of groups; otherwise they are ``A`` and ``B``.
    """
    found: dict[str, list[str]] = {}
    for comparison in comparisons:
        names = (comparison.first.name, comparison.second.name) if by_name else ("A", "B")
        found.setdefault(conclusion(comparison, direction, names), []).append(comparison.name)
    for text, within in found.items():
        places = "; ".join(name for name in within if name)
        yield f"{places}: {text}" if places else text


def conclusion(
    comparison: Comparison, direction: Direction | None, names: tuple[str, str] = ("A", "B")
) -> str:
    """Return what a comparison shows, or why it cannot show anything, and what would help.

    Args:
        comparison: the comparison of two groups.
        direction: whether higher or lower values are better; None if unknown.
        names: the names of the groups.
    """
    test = comparison.test
    if test is None:
        empty = names[0] if not comparison.pairing.first else names[1]
        return f"Nothing to compare: {empty} has no run with a number."
    if comparison.is_significant:
        return _difference(comparison, test.estimate, direction, names)
    if not comparison.can_be_significant:
        return f"{_impossible(comparison, names)} {_range(comparison)}"
    return (
        f"No difference can be concluded (p = {as_p(comparison.p_value)}). "
        f"That does not show that they are equal. {_range(comparison)}{_larger_plan(comparison)}"
    )


def _difference(
    comparison: Comparison,
    estimate: float,
    direction: Direction | None,
    names: tuple[str, str],
) -> str:
    low, high = comparison.interval or (-math.inf, math.inf)
    better = "higher" if direction is None else "better"
    first, second = names
    if (estimate < 0) is not (direction == "lower"):
        first, second = second, first
    size = sorted((abs(low), abs(high)))
    p = as_p(comparison.p_value)
    if low == high:
        return f"{first} is {better} than {second}, always by {abs(estimate):.4g} (p = {p})."
    return (
        f"{first} is {better} than {second}, by {abs(estimate):.4g} on average "
        f"(p = {p}; the true difference is likely to be "
        f"between {size[0]:.4g} and {size[1]:.4g})."
    )


def _range(comparison: Comparison) -> str:
    low, high = comparison.interval or (-math.inf, math.inf)
    if math.isinf(low) and math.isinf(high):
        return "The interval of the true difference is unbounded."
    if low == high:
        return f"All differences (A - B) are {low:.4g}."
    return f"The true difference (A - B) may be anything in {as_interval((low, high))}."


def _larger_plan(comparison: Comparison) -> str:
    pairing = comparison.pairing
    is_paired = pairing.seeds is not None
    if comparison.test is None or not comparison.test.estimate:
        return ""
    effect = pairing.effect()
    wanted = effect and runs_for_effect(effect, comparison.alpha, comparison.comparisons, is_paired)
    kind = "pairs" if is_paired else "runs of each"
    if not wanted:
        return f" To find one as small as this takes more than 1000 {kind}."
    there = min(len(pairing.first), len(pairing.second))
    if wanted <= there:
        return ""
    return (
        f" If it really is as large as here, a new comparison with about {wanted} {kind} "
        f"({wanted - there} more seeds) would probably find it."
    )


def _impossible(comparison: Comparison, names: tuple[str, str]) -> str:
    """Say that so few runs cannot show anything, and how many can."""
    pairing, count = comparison.pairing, comparison.left
    one, other = len(pairing.first), len(pairing.second)
    many = f"{comparison.comparisons} comparisons"
    if count < comparison.comparisons:
        many = f"{count} of {many} left"
    family = f" with {many} (Holm)" if comparison.comparisons > 1 else ""
    if pairing.seeds is not None:
        runs = f"{one} paired seed{'s' if one > 1 else ''}"
    else:
        runs = f"{one} run{'s' if one > 1 else ''} against {other}"
    smallest = min(1.0, pairing.smallest_p * count)
    text = (
        f"{runs} cannot show a difference at p ≤ {comparison.alpha:g}{family}, however large it "
        f"is: the smallest p-value possible is {as_p(smallest)}."
    )
    if pairing.seeds is not None:
        needed = pairs_needed(comparison.alpha, count)
        if needed is None or needed <= one:
            return f"{text} {_NEVER_ENOUGH}"
        return (
            f"{text} {needed} pairs can ({as_p(smallest_p_of_pairs(needed) * count)}): "
            f"run both with {more_seeds(needed - one)}."
        )
    return f"{text} {_more_runs(comparison, one, other, names)}"


def more_seeds(number: int) -> str:
    """Return ``1 more seed`` or ``3 more seeds``."""
    return "1 more seed" if number == 1 else f"{number} more seeds"


def _more_runs(comparison: Comparison, one: int, other: int, names: tuple[str, str]) -> str:
    added = runs_to_add(one, other, comparison.alpha, comparison.left)
    if added is None:
        return _NEVER_ENOUGH
    smallest = smallest_p_of_samples(one + added[0], other + added[1]) * comparison.left
    if added[0] == added[1]:
        more = f"{more_seeds(added[0])} of each"
    else:
        pairs = zip(added, names, strict=True)
        more = " and ".join(f"{more_seeds(n)} of {name}" for n, name in pairs if n)
    text = f"{one + added[0]} against {other + added[1]} can ({as_p(smallest)}): run {more}."
    alone = [many for few, many in ((one, other), (other, one)) if few == 1]
    if alone and comparison.comparisons == 1:
        needed = math.ceil(2 / comparison.alpha - 1e-9) - 1
        text += f" A single run needs {needed} others."
    return text


def remarks(*groups: RunGroup) -> Iterator[str]:
    """Yield remarks about groups: runs that were left out, mixed configurations.

    Args:
        groups: the groups that were compared.
    """
    for group in groups:
        for reason, runs in _by_reason(group).items():
            yield f"left out of {one_line(group.name)!r}: {_listed(runs)} ({reason})"
        if any(omission.failed for omission in group.omissions):
            yield "runs that failed or diverged are part of a result: without them it looks better"
        if names := changed_entries(group.records):
            yield f"{one_line(group.name)!r} mixes configurations: {_listed(names)} differ"
        values = group.values
        if len(values) > 1 and len(set(values)) == 1:
            yield (
                f"all {len(values)} runs of {one_line(group.name)!r} have the same number; if the "
                "seed does not reach what is measured, they are copies of one run, and no evidence"
            )
        if repeated := group.repeated_seeds:
            seeds = list_seeds(repeated)
            yield f"{one_line(group.name)!r} has several runs with {seeds}; their mean counts"


def without_partner(comparison: Comparison) -> Iterator[str]:
    """Yield the seeds of each group that are not compared because the other group lacks them."""
    if comparison.pairing.seeds is None:
        return
    for group in (comparison.first, comparison.second):
        alone = sorted(group.by_seed.keys() - set(comparison.pairing.seeds), key=seed_order)
        if alone:
            yield f"left out of {one_line(group.name)!r}: {list_seeds(alone)} (not in the other)"


def _by_reason(group: RunGroup) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for omission in group.omissions:
        found.setdefault(one_line(omission.reason), []).append(f"run {omission.run}")
    return found


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return f"{', '.join(map(one_line, names[:_MAX_NAMED]))}{more}"


def list_seeds(seeds: Sequence[str]) -> str:
    """Return ``seed 3`` or ``seeds 1, 2, 3``."""
    return f"seed{'s' if len(seeds) > 1 else ''} {_listed(seeds)}"


def in_both(first: RunGroup, second: RunGroup) -> Iterator[str]:
    """Yield the number of runs that are in both groups, and so compared with themselves.

    Args:
        first: a group.
        second: the group that it is compared with.
    """
    if both := sorted(set(first.runs) & set(second.runs)):
        yield (
            f"{len(both)} runs are in both groups"
            if both[1:]
            else f"run {both[0]} is in both groups"
        )


def noise_line(
    noise: Noise | None, metric: str, experiment: str | None = None, among: int = 2
) -> str:
    """Return a sentence about the noise of a metric, at the level 0.05.

    Args:
        noise: the noise of runs that were repeated with other seeds.
        metric: the metric.
        experiment: the experiment, if there are several.
        among: the number of runs that are compared with each other.
    """
    of = "" if experiment is None else f" in {one_line(experiment)}"
    if noise is None:
        return (
            f"noise floor of {metric}{of}: unknown; no configuration was run with two seeds or more"
        )
    groups = f"{noise.groups} configuration{'s' if noise.groups > 1 else ''}"
    which, often = (
        ("two runs differ", "1 of 20 cases")
        if among <= 2
        else (f"any two of {among} runs differ", "at most 1 of 20 cases")
    )
    if not noise.deviation:
        return (
            f"noise floor of {metric}{of}: 0; the seed alone changed nothing (learnt from "
            f"{noise.runs} runs of {groups})"
        )
    return (
        f"noise floor of {metric}{of}: {noise.floor_among(among):.3g}; by the seed alone, {which} "
        f"by more in {often} (learnt from {noise.runs} runs of {groups})"
    )
