"""Short names in queries, explained by the runs: ``lr`` is ``config.optimizer.lr``."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence

from sacred._base.paths import iterate_flattened
from sacred.query.errors import QueryError
from sacred.query.fields import FIELDS
from sacred.query.names import Names
from sacred.query.syntax import Compare, Expression, Missing, Not, Or, Path
from sacred.records import RunRecord
from sacred.records.metric import AGGREGATES
from sacred.runs.run_store import RunStore
from sacred.stores.store import DamagedRunError

__all__ = ["explain_names"]

#: How many of the newest runs of a store are looked at for entries, and how many for metrics.
_MAX_RUNS, _MAX_RUNS_WITH_METRICS = 200, 20
#: A field of every run may be abbreviated to so many characters: ``start``, ``dur``.
_MIN_FIELD_CHARS = 3
_OTHER_TREES = ("info", "host", "meta", "experiment", "result")


def explain_names(
    stores: Sequence[RunStore], paths: Iterable[Path], words: Iterable[Path]
) -> Names:
    """Return what the paths that look like config entries stand for.

    A path that some run has stands for itself. Otherwise it is short for the only field that begins
    with it, or the only entry or metric that ends with it.

    Args:
        stores: the stores whose runs are read.
        paths: the paths of a query, of its sort order and its columns.
        words: the words that stand alone in the query. They are conditions if they are true
            or false in some run, else strings to search for.

    Raises:
        QueryError: several entries have that name.
    """
    known = _KnownNames(stores)
    conditions = set(words)
    aliases = {
        path.steps: full
        for path in dict.fromkeys(paths)
        if path not in conditions and not known.has(path) and (full := known.full_name(path))
    }
    searched = set()
    for path in conditions:
        if known.is_flag(path):
            continue
        full = known.full_name(path, must_be_one=False)
        if full and known.is_flag(Path(full[0], full[1:])):
            aliases[path.steps] = full
        else:
            searched.add(path.steps)
    return Names(aliases, frozenset(searched))


class _KnownNames:
    """What the runs of some stores have."""

    def __init__(self, stores: Sequence[RunStore]) -> None:
        self._stores = stores

    def has(self, path: Path) -> bool:
        """Whether some run has it."""
        return self._any(Not(Missing(path)))

    def is_flag(self, path: Path) -> bool:
        """Whether it is true or false in some run."""
        return self._any(Or((Compare(path, "=", True), Compare(path, "=", False))))

    def _any(self, condition: Expression) -> bool:
        return any(
            store.runs(condition, limit=1, newest_first=True).first() is not None
            for store in self._stores
        )

    def full_name(self, path: Path, must_be_one: bool = True) -> tuple[str, ...] | None:
        """The steps of the only name that it is short for; None: there is none."""
        for candidates in (self._entries, self._metrics, self._others):
            found = list(dict.fromkeys(candidates(path.steps)))
            if len(found) > 1 and must_be_one:
                names = " or ".join(".".join(steps).removeprefix("config.") for steps in found)
                raise QueryError(f"{'.'.join(path.steps)} may be {names}")
            if found:
                return found[0] if len(found) == 1 else None
        return None

    def _entries(self, steps: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if len(steps) == 1 and len(steps[0]) >= _MIN_FIELD_CHARS:
            yield from ((field,) for field in FIELDS if field.startswith(steps[0]))
        yield from (known for known in self._trees["config"] if known[-len(steps) :] == steps)

    def _metrics(self, steps: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        *name, last = steps
        wanted = (last,) if name and last in AGGREGATES else ()
        text = ".".join(name if wanted else steps)
        for metric in self._metric_names:
            if metric == text or metric.endswith((f".{text}", f"/{text}")):
                yield ("metrics", metric, *wanted)

    def _others(self, steps: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        for tree in _OTHER_TREES:
            yield from (known for known in self._trees[tree] if known[-len(steps) :] == steps)

    @functools.cached_property
    def _trees(self) -> dict[str, dict[tuple[str, ...], None]]:
        found: dict[str, dict[tuple[str, ...], None]] = {
            tree: {} for tree in ("config", *_OTHER_TREES)
        }
        for run in self._newest(_MAX_RUNS):
            for tree, names in found.items():
                value = getattr(run, tree)
                if isinstance(value, dict):
                    names |= dict.fromkeys(
                        (tree, *str(path).split(".")) for path, _ in iterate_flattened(value)
                    )
        return found

    @functools.cached_property
    def _metric_names(self) -> list[str]:
        names: dict[str, None] = {}
        for run in self._newest(_MAX_RUNS_WITH_METRICS):
            try:
                names |= dict.fromkeys(run.metrics)
            except DamagedRunError:
                continue
        return list(names)

    def _newest(self, number: int) -> Iterator[RunRecord]:
        for store in self._stores:
            yield from itertools.islice(store.runs(newest_first=True, limit=number), number)
