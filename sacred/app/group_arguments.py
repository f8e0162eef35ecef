"""Groups of runs as arguments of commands: an id, a group, a query, or ``like:7``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence

from sacred._base.frozen import Frozen
from sacred.app.matching_runs import MatchingRuns
from sacred.app.session import Session
from sacred.query.errors import QueryError
from sacred.query.syntax import Compare, Path
from sacred.records import RunRecord
from sacred.runs.errors import ProgramError, UsageError
from sacred.runs.groups import RunGroup, measured
from sacred.runs.identity import identity_of

__all__ = [
    "FoundGroup",
    "add_direction",
    "add_metric",
    "chosen_by",
    "chosen_runs",
    "find_group",
    "level",
    "measure_all",
    "single_runs",
]

#: A word with one of these in it is not the name of a run or a group.
_QUERY = re.compile(r"[\s=<>!~()\"'/]")
_LIKE = "like:"
_DEFAULT_METRIC = "result"


class FoundGroup(Frozen):
    """The runs that an argument means.

    Args:
        name: the argument.
        runs: with their ids as they are shown.
        metric: the field with the number of a run.
        by: the paths of the fields to compare by, with their names.
        chosen_by: the results and metrics that the argument asks for.
    """

    name: str
    runs: tuple[tuple[str, RunRecord], ...]
    metric: Path
    by: tuple[tuple[str, Path], ...] = ()
    chosen_by: tuple[str, ...] = ()

    @property
    def records(self) -> list[RunRecord]:
        """The runs without their ids."""
        return [record for _, record in self.runs]


def add_metric(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say what is compared, and at which level."""
    parser.add_argument(
        "--metric",
        metavar="FIELD",
        default=_DEFAULT_METRIC,
        help="what is compared: result (default), metrics.accuracy.max, ...",
    )
    parser.add_argument(
        "--alpha", type=level, metavar="P", default=0.05, help="level of the test (default: 0.05)"
    )
    add_direction(parser)


def add_direction(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say what is better."""
    group = parser.add_mutually_exclusive_group()
    for word in ("higher", "lower"):
        group.add_argument(
            f"--{word}-is-better",
            dest="direction",
            action="store_const",
            const=word,
            help=f"{word} values are better (metrics.NAME.{'max' if word == 'higher' else 'min'} "
            "says so itself)",
        )


def level(text: str) -> float:
    """Parse a significance level from the command line."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 0.5:
        raise argparse.ArgumentTypeError(f"{text!r} is no level between 0 and 0.5")
    return value


def find_group(session: Session, text: str, metric: str, by: Sequence[str] = ()) -> FoundGroup:
    """The runs that an argument means.

    Args:
        session: with the stores.
        text: an id of a run, the name of a group, ``like:`` and an id (that run and those that
            differ from it only in the seed), or a query.
        metric: the field with the number of a run.
        by: more fields that will be needed.

    Raises:
        ProgramError: there are no such runs.
        QueryError: the query or a field is invalid.
        UsageError: the metric is not one field.
    """
    metric = metric.strip()
    if not metric or "," in metric:
        raise UsageError(f"--metric takes one field, not {metric!r}")
    fields = ",".join([metric, *by])
    paths = MatchingRuns(session, (), limit=1, columns=fields).columns or {}
    runs, chosen_by = _runs(session, text, fields)
    found = tuple(runs)
    if not found:
        raise ProgramError(f"no runs match {text!r}")
    return FoundGroup(
        name=text,
        runs=found,
        metric=paths[metric],
        by=tuple((name, paths[name]) for name in by),
        chosen_by=chosen_by,
    )


def _runs(
    session: Session, text: str, fields: str
) -> tuple[Iterable[tuple[str, RunRecord]], tuple[str, ...]]:
    """Return the runs, and the outcomes by which they were chosen."""
    many = len(session.stores) > 1
    if text.startswith(_LIKE):
        record = session.run(text.removeprefix(_LIKE))
        return [(str(run.id), run) for run in _repeats(session, record)], ()
    if not _QUERY.search(text):
        try:
            record = session.run(text)
        except (ProgramError, QueryError):
            if text.isdecimal() and not many:
                raise
        else:
            return [(text if many else str(record.id), record)], ()
        same_group = Compare(Path("group"), "=", text)
        runs = [(name, r) for name, table in session.runs(same_group, None, None) for r in table]
        if runs:
            return _with_ids(runs, many), ()
    matching = MatchingRuns(session, (text,), columns=fields)
    return _with_ids(matching, many), matching.outcomes


def _with_ids(runs: Iterable[tuple[str, RunRecord]], many: bool) -> Iterable[tuple[str, RunRecord]]:
    found = [(f"{name}:{run.id}" if many else str(run.id), run) for name, run in runs]
    return found[::-1]  # the oldest first


def _repeats(session: Session, record: RunRecord) -> Iterable[RunRecord]:
    """Return the runs of the same store that differ from a run only in the seed."""
    wanted = identity_of(record)
    where = {"name": record.name} if record.name else {}
    runs = session.store_of(record).runs(where)
    return [run for run in runs if identity_of(run) == wanted]


def single_runs(groups: Iterable[FoundGroup]) -> Iterator[str]:
    """Yield hints on how to name all repetitions of a run, where only one run was named."""
    for group in groups:
        if len(group.runs) == 1 and not _QUERY.search(group.name) and _LIKE not in group.name:
            yield (
                f"{group.name} is one run; like:{group.name} is that one and all that differ from "
                "it in the seed only"
            )


def chosen_runs(groups: Iterable[FoundGroup]) -> Iterator[str]:
    """Yield which groups were chosen by the very numbers that are compared."""
    for group in groups:
        if "best:" in group.name:
            yield f"{group.name} was chosen for its value; a fair comparison needs new seeds"
        elif group.chosen_by:
            yield chosen_by(group.name, group.chosen_by)


def chosen_by(name: str, outcomes: Iterable[str]) -> str:
    """Say that runs were chosen by their outcomes.

    Args:
        name: what they are called.
        outcomes: the results and metrics that they were chosen by.
    """
    fields = ", ".join(outcomes)
    return f"{name!r} leaves out runs by {fields}: what is left looks better, or worse, than it is"


def measure_all(*groups: FoundGroup) -> list[RunGroup]:
    """Return the groups with the number of each run.

    Raises:
        ProgramError: no run has one.
    """
    taken = [measured(group.name, group.runs, group.metric) for group in groups]
    if not any(group.samples for group in taken):
        raise ProgramError(_no_numbers(groups, taken))
    return taken


def _no_numbers(groups: Sequence[FoundGroup], taken: Sequence[RunGroup]) -> str:
    reasons = dict.fromkeys(f.reason for group in taken for f in group.omissions)
    text = f"no run has a number to compare: {', '.join(list(reasons)[:3])}."
    names = dict.fromkeys(
        name for group in groups for record in group.records[:3] for name in record.metrics
    )
    if not names:
        return text
    options = ", ".join(f"metrics.{name}.last" for name in list(names)[:3])
    return f"{text} --metric says what to compare: {options}, ... (or .max, .min, .mean)"
