"""Words for completion that come from stores; `sacred completion` asks for them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from sacred.display.field_summary import summarize_fields
from sacred.query.fields import FIELDS
from sacred.records import RunRecord
from sacred.runs.run_store import RunStore

__all__ = ["MAX_RUNS", "field_names", "run_ids"]

#: How many of the newest runs are looked at for fields. Somebody is waiting.
MAX_RUNS = 20
_MAX_IDS = 200


def run_ids(stores: Iterable[tuple[str, RunStore]]) -> Iterator[str]:
    """Return the ways to name runs, and the ids of the newest ones.

    Args:
        stores: the stores by name; if there are several, ids begin with the name.
    """
    yield from ("last", "best:result")
    found = list(stores)
    for name, store in found:
        prefix = f"{name}:" if len(found) > 1 else ""
        ids = list(store.ids())
        yield from (f"{prefix}{run_id}" for run_id in itertools.islice(reversed(ids), _MAX_IDS))


def field_names(runs: Iterable[RunRecord]) -> Iterator[str]:
    """Return the fields of some runs and those that every run has, as people type them."""
    # An entry of the configuration needs no prefix.
    names = [name.removeprefix("config.") for name in summarize_fields(runs)]
    yield from dict.fromkeys([*names, *FIELDS])
