"""Decide whether a candidate is better than the incumbent: KEEP, NOISE or WORSE.

Candidate and incumbent are each a group, a query, or like:ID (a run, and those that differ from it
in the seed only), and are compared on the same seeds. Fix the number of seeds beforehand
(--seeds-max, 6): until all of them have been run, nothing is kept. To look earlier, say when with
--looks; the level is then split between the looks. Seeds that were used to select one of the two do
not count: name them with --selected-on.

The exit code is 0 for KEEP, 3 for NOISE, 4 for WORSE.

Examples:
  sacred judge like:12 --against like:7 --metric metrics.accuracy.max
  sacred judge "opt = sgd" --against baseline --lower-is-better --seeds-max 8
  sacred judge new --against old --metric metrics.loss.min --seeds-max 12 --looks 8,10,12

docs/comparing.rst explains the rules.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from sacred.app.group_arguments import (
    FoundGroup,
    add_metric,
    chosen_runs,
    find_group,
    measure_all,
    single_runs,
)
from sacred.app.program_arguments import whole_number
from sacred.app.session import Session
from sacred.display.comparison_text import as_p, in_both, list_seeds, remarks
from sacred.display.console import BOLD
from sacred.display.judgement_text import judgement_lines
from sacred.display.value_text import json_text
from sacred.runs.errors import UsageError
from sacred.runs.groups import RunGroup, required_direction, seed_of, seed_order
from sacred.runs.judgement import Judgement, judged, seeds_of_others
from sacred.statistics.attainable import pairs_needed, smallest_p_of_pairs
from sacred.statistics.looks import LookPlan
from sacred.statistics.permutation import MAX_EXACT_PAIRS

_EXIT_CODES = {"KEEP": 0, "NOISE": 3, "WORSE": 4}
_DEFAULT_SEEDS = 6
#: If the experiment has more runs, only the newest are searched for other configurations.
_MAX_OTHERS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument("candidate", metavar="CANDIDATE", help="like:12, a group, a query")
    parser.add_argument("--against", metavar="GROUP", required=True, help="the incumbent: likewise")
    parser.add_argument(
        "--seeds-max",
        type=whole_number,
        metavar="N",
        help=f"the number of seeds, fixed beforehand (default: {_DEFAULT_SEEDS})",
    )
    parser.add_argument(
        "--looks", metavar="N,...", default="", help="look at these numbers of seeds, too"
    )
    parser.add_argument(
        "--selected-on",
        metavar="SEEDS",
        help="seeds that were used to select one of the two; none: there are none",
    )
    add_metric(parser)
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    plan = _plan(args.seeds_max, args.looks, args.alpha)
    found = [find_group(session, text, args.metric) for text in (args.candidate, args.against)]
    direction = required_direction(found[0].metric, args.direction)
    candidate, incumbent = measure_all(*found)
    selected_on = _seeds(args.selected_on, candidate, incumbent)
    judgement = judged(candidate, incumbent, direction, plan, selected_on)
    console = session.console
    if args.json:
        console.write(f"{json_text(_as_dict(judgement))}\n")
    else:
        verdict, *lines = judgement_lines(judgement)
        console.print(console.style(verdict, BOLD))
        for line in lines:
            console.print(line)
    for remark in (*remarks(candidate, incumbent), *_caveats(judgement, args, found, session)):
        console.note(remark)
    return _EXIT_CODES[judgement.verdict]


def _plan(seeds: int | None, looks: str, alpha: float) -> LookPlan:
    """Return the plan that the options describe.

    Raises:
        UsageError: they describe none.
    """
    words = [word for word in map(str.strip, looks.split(",")) if word]
    if not all(word.isdecimal() and int(word) for word in words):
        raise UsageError(f"--looks takes numbers of seeds, such as 8,10,12; not {looks!r}")
    numbers = sorted({int(word) for word in words})
    last = seeds if seeds is not None else max([*numbers, _DEFAULT_SEEDS * (not numbers)])
    if last < 1 or (numbers and numbers[-1] > last):
        raise UsageError(f"--looks goes beyond --seeds-max {last}" if last else "--seeds-max 0")
    plan = LookPlan(looks=tuple(sorted({*numbers, last})), alpha=alpha)
    if (smallest := smallest_p_of_pairs(last)) > alpha:
        needed = pairs_needed(alpha)
        text = (
            f"{last} paired seeds cannot show a difference at p ≤ {alpha:g}, however large it is: "
            f"the smallest p-value possible is {as_p(smallest)}."
        )
        raise UsageError(f"{text} --seeds-max {needed} can" if needed else text)
    if len(plan.looks) > 1 and last > MAX_EXACT_PAIRS:
        raise UsageError(f"several looks are possible at up to {MAX_EXACT_PAIRS} seeds")
    return plan


def _seeds(text: str | None, *groups: RunGroup) -> list[str]:
    """Return the seeds that the option names.

    Raises:
        UsageError: it names a seed that no run has, which is probably mistyped.
    """
    if text is None or text == "none":
        return []
    named = [seed for seed in map(str.strip, text.split(",")) if seed]
    known = {seed for group in groups for record in group.records if (seed := seed_of(record))}
    unknown = [seed for seed in named if seed not in known]
    if unknown or not named:
        have = list_seeds(sorted(known, key=seed_order))
        raise UsageError(
            f"--selected-on {text}: no run has the seed {', '.join(unknown) or repr('')}. The runs "
            f"have {have}; --selected-on none: none of these"
        )
    return named


def _caveats(
    judgement: Judgement, args: argparse.Namespace, found: list[FoundGroup], session: Session
) -> Iterator[str]:
    """Yield what the runs alone cannot tell."""
    yield from single_runs(found)
    yield from chosen_runs(found)
    yield from in_both(judgement.candidate, judgement.incumbent)
    have, lacks = judgement.candidate, judgement.incumbent.by_seed
    alone = {one.seed for one in have.samples if one.seed is not None and one.seed not in lacks}
    if alone and judgement.pairs:
        yield (
            f"the candidate was run with {list_seeds(sorted(alone, key=seed_order))}, too, which "
            "the incumbent lacks. If the seeds of the incumbent were chosen by the results of the "
            "candidate, the verdict is worth nothing"
        )
    if args.selected_on is not None or not judgement.pairs:
        return
    record = found[1].records[0]
    where = {"name": record.name} if record.name else {}
    store = next((s.store for s in session.stores if s.store.reader is record.source), None)
    if store is None:
        return
    others = store.runs(where, limit=_MAX_OTHERS, newest_first=True)
    if others_on := seeds_of_others(judgement, others):
        number = max(others_on.values())
        yield (
            f"{number} other configuration{'s were' if number > 1 else ' was'} run with "
            f"{list_seeds(list(others_on))}, too. If these runs helped to choose the incumbent or "
            "the candidate, the verdict is worth nothing: repeat it with new seeds and "
            f"--selected-on {','.join(others_on)}. If they did not: --selected-on none"
        )


def _as_dict(judgement: Judgement) -> dict[str, Any]:
    test = judgement.test
    low, high = (None, None) if test is None else test.interval(judgement.plan.alpha)
    return {
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "text": " ".join(list(judgement_lines(judgement))[1:]),
        "pairs": judgement.pairs,
        "looks": judgement.plan.looks,
        "alpha": judgement.plan.alpha,
        "seeds": judgement.pairing.seeds,
        "candidate": judgement.pairing.first,
        "incumbent": judgement.pairing.second,
        "difference": None if test is None else test.estimate,
        "low": low,
        "high": high,
        "p": None if test is None else test.p_value(),
        "missing_seeds": judgement.missing,
        "candidate_runs": judgement.candidate.runs,
        "incumbent_runs": judgement.incumbent.runs,
    }
