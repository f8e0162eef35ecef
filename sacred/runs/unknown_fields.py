"""Fields that no run has: an empty answer may be due to a typo."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sacred._base.text import did_you_mean
from sacred.query.fields import FIELDS
from sacred.query.syntax import And, Expression, Missing, Not, Or, Path, paths_of
from sacred.query.values import MISSING, value_of
from sacred.records import RunRecord

__all__ = ["SAMPLE", "hints"]

#: So many runs are looked at.
SAMPLE = 500


def hints(expression: Expression, runs: Iterable[RunRecord]) -> list[str]:
    """Explain which fields of a query no run has.

    Fields that a query only tests with ``missing`` may be absent.

    Args:
        expression: the parsed query.
        runs: the runs of the store; some of them are read.

    Returns:
        sentences for the user; none if there are no runs, or if every field was found.
    """
    asked_for = set(_asked(expression))
    pending = {path for path in paths_of(expression) if path in asked_for and _is_free(path)}
    known: dict[str, None] = {}
    seen = False
    for run in itertools.islice(runs, SAMPLE):
        seen = True
        pending = {path for path in pending if value_of(run, path) is MISSING}
        if not pending:
            return []
        for path in pending:
            known |= dict.fromkeys(map(_short, _neighbours(run, path)))
    if not seen:
        return []
    return [
        f"No run has {path}. {_suggestion(_short(str(path)), known)}".rstrip()
        for path in sorted(pending, key=lambda path: path.column)
    ]


def _suggestion(name: str, known: Iterable[str]) -> str:
    longer = [path for path in known if path.endswith(f".{name}")]
    return f'Did you mean "{longer[0]}"?' if longer else did_you_mean(name, [*known, *FIELDS], 1)


def _asked(expression: Expression) -> Iterator[Path]:
    match expression:
        case Missing():
            return
        case And(parts) | Or(parts):
            for part in parts:
                yield from _asked(part)
        case Not(part):
            yield from _asked(part)
        case _:
            yield from paths_of(expression)


def _short(path: str) -> str:
    # As people write it: what is no field of every run is one of the configuration.
    return path.removeprefix("config.")


def _is_free(path: Path) -> bool:
    return FIELDS[path.field] in ("tree", "metrics") and bool(path.steps)


def _neighbours(run: RunRecord, path: Path) -> Iterator[str]:
    if path.field == "metrics":
        yield from (f"metrics.{name}" for name in run.metrics)
    else:
        yield from _paths(getattr(run, path.field), path.field)


def _paths(value: Any, prefix: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield f"{prefix}.{key}"
            yield from _paths(item, f"{prefix}.{key}")
