"""The files that connect runs, in a copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sacred.board.api.analysis.file_relations import connected_runs, relations_of
from sacred.board.api.context import Board
from sacred.board.opened_stores import run_of_key

__all__ = ["copied_lineage"]

#: All runs are read for it.
_MAX_RUNS = 20_000


def copied_lineage(board: Board, keys: Iterable[str], left_out: list[str]) -> dict[str, Any]:
    """Return the lineage of runs that have files, by STORE/KEY.

    Args:
        board: whose stores are read, once.
        keys: the keys of the runs.
        left_out: receives sentences about what is left out.
    """
    count = sum(len(store.runs.runs()) for store in board.stores.values())
    if count > _MAX_RUNS:
        left_out.append(f"lineage: that of {count} runs is too much for a copy")
        return {}
    problems: list[str] = []
    lineage = connected_runs(board, problems)
    left_out += [f"lineage: {problem}" for problem in problems]
    found = {}
    for key in keys:
        store, _, run = key.partition("/")
        start = lineage.runs.get((board.stores[store].runs.url, str(run_of_key(run))))
        if start is not None and (start.inputs or start.outputs):
            found[key] = relations_of(board, lineage, start, [])
    return found
