"""Reading the runs that a TinyDbObserver has stored."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred.observers.tinydb_hashfs.bases import form_with_files, open_db
from sacred.observers.tinydb_hashfs.run_report import report_of
from sacred.serializer import restore
from sacred.stores.tinydb.database_file import TablesFile
from sacred.stores.tinydb.hash_files import HashFiles
from sacred.stores.tinydb.store import TABLE

if TYPE_CHECKING:
    from tinydb import TinyDB
    from tinydb.table import Table

__all__ = ["TinyDbReader"]

Record = dict[str, Any]
#: A TinyDB query, or any predicate over one record.
Query = Callable[[Any], Any]


class TinyDbReader:
    """Reads the stored runs of a directory, as they are at each call.

    All `fetch_...` methods select records in the same way: by the predicate `query`; without
    it, by a match of the regular expression `exp_name` in the experiment's name; without
    both, by the positions `indices` (an int or several; negative ones count from the end).

    Nothing in a record is executed; file handles are opened by their first read.

    Args:
        path: the directory.

    Raises:
        OSError: it does not exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        root = os.path.abspath(path)
        if not os.path.exists(root):
            raise OSError(f"Path does not exist: {os.fspath(path)}")
        self.fs = HashFiles(os.path.join(root, "hashfs"))
        self._tables = TablesFile(os.path.join(root, "metadata.json"))
        self._form = form_with_files(self.fs)

    @property
    def db(self) -> TinyDB:
        """The database.

        Raises:
            MissingExtraError: TinyDB is not installed.
        """
        return open_db(self._tables, self.fs)

    @property
    def runs(self) -> Table:
        """The table of the runs; see `db`."""
        return self.db.table(TABLE)

    def search(self, cond: Query) -> list[Record]:
        """Return the records that match a condition.

        Args:
            cond: a TinyDB query, or any predicate over one record.

        Raises:
            UnsafeDataError: a record has data of a type that is not allowed.
        """
        return self._select(None, cond, None)

    def fetch_metadata(
        self,
        exp_name: str | None = None,
        query: Query | None = None,
        indices: int | Sequence[int] | None = None,
    ) -> list[Record]:
        """Return the selected records, with their values restored.

        One of the arguments selects them: `query` if it is given, else `exp_name`, else `indices`.

        Args:
            exp_name: a regular expression that is searched for in the name of the experiment.
            query: a query of TinyDB, as `tinydb.Query` makes them.
            indices: positions of records, from 0; negative ones count from the last record.

        Returns:
            the records as dicts.

        Raises:
            ValueError: no selection is given, or an index is out of range.
            UnsafeDataError: a record has data of a type that is not allowed.
        """
        return self._select(exp_name, query, indices)

    def fetch_files(
        self,
        exp_name: str | None = None,
        query: Query | None = None,
        indices: int | Sequence[int] | None = None,
    ) -> list[Record]:
        """Return handles of the files of the selected records.

        Args:
            exp_name, query, indices: as for `fetch_metadata`.

        Returns:
            a dict for each record: `date`, `exp_id` and `exp_name`, and, unless empty,
            `sources`, `resources` and `artifacts`, which map names to file handles.

        Raises:
            ValueError: no selection is given, or an index is out of range.
        """
        return [_files_of(record) for record in self._select(exp_name, query, indices)]

    def fetch_report(
        self,
        exp_name: str | None = None,
        query: Query | None = None,
        indices: int | Sequence[int] | None = None,
    ) -> list[str]:
        """Return a text report for each of the selected records.

        Args:
            exp_name, query, indices: as for `fetch_metadata`.

        Returns:
            the texts, in the order of the records.

        Raises:
            ValueError: no selection is given, or an index is out of range.
        """
        return [report_of(record) for record in self._select(exp_name, query, indices)]

    def _select(
        self, exp_name: str | None, query: Query | None, indices: int | Sequence[int] | None
    ) -> list[Record]:
        entries = list((self._tables.read() or {}).get(TABLE, {}).values())
        decode = self._form.decode_entry
        if query is not None:
            chosen: Iterable[Record] = filter(query, map(decode, entries))
        elif exp_name is not None:
            chosen = (decode(entry) for entry in entries if re.search(exp_name, _name(entry)))
        elif indices is not None:
            wanted = [indices] if isinstance(indices, int) else indices
            chosen = [decode(_at(entries, index)) for index in wanted]
        else:
            raise ValueError("Must specify an experiment name, indicies or pass custom query")
        return [restore(record) for record in chosen]


def _at(entries: Sequence[Record], index: int) -> Record:
    if index >= len(entries):
        raise ValueError(
            f"Index value ({index}) must be less than number of records ({len(entries)})"
        )
    if index < -len(entries):
        raise ValueError(f"Index value ({index}) must be at least -{len(entries)}")
    return entries[index]


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("experiment", {}).get("name", ""))


def _files_of(record: Record) -> Record:
    files: Record = {
        "date": record.get("start_time"),
        "exp_id": record.get("_id"),
        "exp_name": _name(record),
    }
    # Each item is a list with the name first and the handle last.
    listed = {
        "sources": record.get("experiment", {}).get("sources"),
        "resources": record.get("resources"),
        "artifacts": record.get("artifacts"),
    }
    for kind, items in listed.items():
        if items:
            files[kind] = {item[0]: item[-1] for item in items}
    return files
