"""Runs connected by the contents of files: which runs made or read a file, as a graph."""

from __future__ import annotations

from typing import Any

from sacred._base.masking import mask_passwords
from sacred.board.api.context import Board
from sacred.board.api.operations import Call
from sacred.board.opened_stores import BoardStore, run_key
from sacred.lineage.lineage_graph import Lineage, LineageRun, Link
from sacred.lineage.run_files import UsedFile
from sacred.stores.store import StoreError

__all__ = ["connected_runs", "read_lineage", "read_users_of_file", "relations_of"]

_MAX_RUNS, _MAX_FILES = 200, 500


def read_lineage(call: Call) -> dict[str, Any]:
    """Return the runs before and after a run in all stores, connected by the contents of files.

    Args:
        call: with the run.

    Raises:
        Problem: there is no such store.
    """
    record, own = call.run, call.store
    problems: list[str] = []
    lineage = connected_runs(call.board, problems)
    start = lineage.runs.get((own.runs.url, str(record.id)))
    if start is None:  # runs in the trash, and damaged ones, are connected with nothing
        problems.append("This run is in the trash, or damaged: it is compared with no other.")
        return {"runs": [], "links": [], "files": [], "problems": problems}
    return relations_of(call.board, lineage, start, problems)


def connected_runs(board: Board, problems: list[str]) -> Lineage:
    """Return the runs of all stores that can be read, connected by the contents of files.

    Args:
        board: the board whose stores are read.
        problems: receives messages about what cannot be read.
    """
    return Lineage(_readable(board, problems), problems.append)


def relations_of(
    board: Board, lineage: Lineage, start: LineageRun, problems: list[str]
) -> dict[str, Any]:
    """Return the runs before and after a run, and who else has its files.

    Args:
        board: with the stores.
        lineage: the lineage of the stores.
        start: the run.
        problems: the messages so far.
    """
    reached, links = lineage.reachable(start)
    runs = reached[:_MAX_RUNS]
    few = [f"These are {len(runs)} of {len(reached)} runs."] if len(reached) > len(runs) else []
    kept = {run.key for run in runs}
    stores = _by_url(board)
    return {
        "runs": [_run(stores, run) for run in runs],
        "links": [
            _link(stores, link) for link in links if {link.writer.key, link.reader.key} <= kept
        ],
        "files": [_file(stores, lineage, start, *one) for one in _files(start)[:_MAX_FILES]],
        "problems": [*problems, *few],
    }


def read_users_of_file(call: Call) -> dict[str, Any]:
    """Return the runs that made or read files with a content.

    Args:
        call: with its MD5.
    """
    md5 = call.values["md5"].lower()
    problems: list[str] = []
    wanted = [UsedFile(name=md5, md5=md5)]
    lineage = Lineage(_readable(call.board, problems), problems.append, wanted)
    stores = _by_url(call.board)
    return {
        "writers": [_run(stores, run) for run in lineage.writers(md5)[:_MAX_RUNS]],
        "readers": [_run(stores, run) for run in lineage.readers(md5)[:_MAX_RUNS]],
        "problems": problems,
    }


def _readable(board: Board, problems: list[str]) -> list[Any]:
    """The stores that can be read now."""
    found = []
    for store in board.stores.values():
        try:
            next(store.runs.reader.ids(), None)
        except StoreError as error:
            problems.append(mask_passwords(f"{store.name}: {error}"))
            continue
        found.append(store.runs)
    return found


def _by_url(board: Board) -> dict[str, BoardStore]:
    return {store.runs.url: store for store in board.stores.values()}


def _run(stores: dict[str, BoardStore], run: LineageRun) -> dict[str, Any]:
    return {
        "store": stores[run.store].key,
        "key": run_key(run.id),
        "id": run.id,
        "name": run.record.name,
        "status": run.record.status,
    }


def _link(stores: dict[str, BoardStore], link: Link) -> dict[str, Any]:
    ends = (("from", link.writer), ("to", link.reader))
    return {
        **{name: f"{stores[run.store].key}/{run_key(run.id)}" for name, run in ends},
        "made_as": link.made_as,
        "read_as": link.file.name,
        "md5": link.file.md5,
    }


def _files(run: LineageRun) -> list[tuple[str, UsedFile]]:
    return [("reads", file) for file in run.inputs] + [("makes", file) for file in run.outputs]


def _file(
    stores: dict[str, BoardStore], lineage: Lineage, run: LineageRun, how: str, file: UsedFile
) -> dict[str, Any]:
    """A file of the run, and the other runs that have the same content."""
    others = {"makes": lineage.writers(file.md5), "reads": lineage.readers(file.md5)}
    return {
        "how": how,
        "name": file.name,
        "md5": file.md5,
        "size": file.size,
        "users": [
            {**_run(stores, other), "how": what}
            for what, users in others.items()
            for other in users[:_MAX_RUNS]
            if other.key != run.key
        ],
    }
