"""Rows of the tables as canonical documents, whatever version has written them.

Columns that the old library did not have hold complete values that its own columns cannot hold;
where they are missing or NULL, its own columns are used.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from sacred.events import DETAIL_FIELDS
from sacred.records import TIME_FIELDS, Document, FileEntry, plain_id
from sacred.stores.reader import Report, timestamp_of
from sacred.stores.sql.run_row import meta_from
from sacred.stores.sql.tables import TABLES
from sacred.stores.store import MALFORMED_DATA_ERRORS, DamagedRunError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

__all__ = ["DocumentRows", "column_names"]

_RUN = TABLES["run"]

#: The columns of ``run`` that fields of documents are made of.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "_id": ("id", "run_id"),
    "status": ("status",),
    "command": ("command",),
    "config": ("config",),
    "info": ("info",),
    "result": ("result", "result_json"),
    "meta": ("meta_json", "comment", "priority"),
    "host": ("host_json", "host_id"),
    "experiment": ("experiment_id",),
    "sources": ("experiment_id",),
    "fail_trace": ("fail_trace", "fail_trace_json"),
    **{name: (name,) for name in TIME_FIELDS},
}
_DETAIL_COLUMNS = {name: (f"{name}_json",) for name in DETAIL_FIELDS}
#: Experiments and hosts, which runs share, by table and number.
_Shared = dict[tuple[str, int], Any]


def column_names(connection: Connection) -> dict[str, set[str]]:
    """Return the tables of the database, with the names of their columns."""
    # Of all of them in one question.
    found = sa.inspect(connection).get_multi_columns(filter_names=list(TABLES))
    return {name: {str(c["name"]) for c in columns} for (_, name), columns in found.items()}


class _StoredTime(sa.types.TypeDecorator[Any]):
    """A time; in SQLite, the text that it is: one that is no time must not end its page."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        stored = sa.Text() if dialect.name == "sqlite" else sa.DateTime()
        return dialect.type_descriptor(stored)


class DocumentRows:
    """Makes documents from rows.

    Args:
        url: of the database, for messages.
        existing: its tables and their columns.

    Attributes:
        is_old: whether it lacks tables or columns, apart from those of details.
        is_complete: whether it lacks nothing.
    """

    def __init__(self, url: str, existing: Mapping[str, set[str]]) -> None:
        self.existing = existing
        details = {name for names in _DETAIL_COLUMNS.values() for name in names}
        self.is_old = any(
            not {column.name for column in table.columns} - details <= existing.get(name, set())
            for name, table in TABLES.items()
            if table.primary_key
        )
        self.is_complete = not self.is_old and details <= existing["run"]
        self._url = url

    def columns_for(self, fields: Collection[str] | None) -> list[Any]:
        """The columns of ``run`` to select for these fields; None: for all."""
        wanted = _COLUMNS if fields is None else {"_id", *fields}
        columns = (_COLUMNS | _DETAIL_COLUMNS).items()
        names = [name for field, names in columns if field in wanted for name in names]
        there = self.existing["run"]
        found = [_RUN.c[name] for name in dict.fromkeys(names) if name in there]
        return [
            sa.type_coerce(column, _StoredTime).label(column.name)
            if column.name in TIME_FIELDS
            else column
            for column in found
        ]

    def documents(
        self,
        connection: Connection,
        rows: Sequence[Any],
        fields: Collection[str] | None,
        report: Report | None = None,
    ) -> Iterator[Document]:
        """Yield the documents of some rows of ``run``, completed from other tables.

        Args:
            connection: to the database.
            rows: of the table ``run``.
            fields: names of the wanted fields; None: all.
            report: called with a message for each damaged run, which is left out.

        Raises:
            DamagedRunError: a run is damaged, and `report` is not given.
        """
        return (document for _, document in self.pairs(connection, rows, fields, report))

    def pairs(
        self,
        connection: Connection,
        rows: Sequence[Any],
        fields: Collection[str] | None,
        report: Report | None = None,
    ) -> Iterator[tuple[Any, Document]]:
        """Yield rows of ``run``, each with its document.

        Args:
            connection: to the database.
            rows: of the table ``run``.
            fields: names of the wanted fields; None: all.
            report: called with a message for each damaged run, which is left out.
        """
        # As rows: one that is damaged is damage of its run, and of no other.
        files: dict[str, Mapping[Any, list[Any]]] = {}
        # Not for longer: when rows have been removed, others may get their numbers.
        shared: _Shared = {}
        keys = [row.run_id for row in rows]
        if fields is None or "artifacts" in fields:
            files["artifacts"] = self._artifacts(connection, keys)
        if fields is None or "resources" in fields:
            files["resources"] = self._resources(connection, keys)
        for row in rows:
            try:
                document = self._document(connection, row._mapping, shared)
                for name, found in files.items():
                    document[name] = [_file_entry(name, file) for file in found[row.run_id]]
            except MALFORMED_DATA_ERRORS as error:
                damage = DamagedRunError(
                    f"Run {row.run_id!r} is damaged: its row in {self._url}: {error}"
                )
                if report is None:
                    raise damage from error
                report(str(damage))
                continue
            yield row, document

    def _document(
        self, connection: Connection, row: Mapping[str, Any], shared: _Shared
    ) -> Document:
        run_id = row["run_id"]
        document: Document = {"_id": row["id"] if run_id is None else plain_id(run_id)}
        document |= {name: row[name] for name in ("status", "command") if name in row}
        document |= {name: timestamp_of(row[name]) for name in TIME_FIELDS if name in row}
        document |= {name: _json(row[name]) or {} for name in ("config", "info") if name in row}
        for name, (column,) in _DETAIL_COLUMNS.items():
            if row.get(column):
                document[name] = _json(row[column])
        if "result" in row:
            text = row.get("result_json")
            document["result"] = row["result"] if text is None else json.loads(text)
        if "fail_trace" in row:
            document["fail_trace"] = _lines(row["fail_trace"], row.get("fail_trace_json"))
        if "comment" in row:
            document["meta"] = meta_from(row.get("meta_json"), row["comment"], row["priority"])
        if "host_id" in row:
            host = _json(row.get("host_json"))
            if host is None:
                host = self._once(connection, "host", row["host_id"], shared)
            document["host"] = host
        if "experiment_id" in row:
            number = row["experiment_id"]
            experiment, sources = self._once(connection, "experiment", number, shared)
            document |= {"experiment": experiment, "sources": sources}
        return document

    # ------------------------------------------------------------------ shared rows

    def _once(self, connection: Connection, table: str, number: int | None, shared: _Shared) -> Any:
        if number is None:
            return {} if table == "host" else ({}, [])
        key = (table, number)
        if key not in shared:
            make = self._host if table == "host" else self._experiment
            shared[key] = make(connection, number)
        return shared[key]

    def _host(self, connection: Connection, number: int) -> Document:
        table = TABLES["host"]
        row = connection.execute(sa.select(table).where(table.c.host_id == number)).first()
        if row is None:
            return {}
        host = {name: getattr(row, name) for name in ("cpu", "hostname", "python_version")}
        return host | {"os": [row.os, row.os_info]}

    def _experiment(self, connection: Connection, number: int) -> tuple[Document, list[FileEntry]]:
        table = TABLES["experiment"]
        columns = [column for column in table.c if column.name in self.existing["experiment"]]
        query = sa.select(*columns).where(table.c.experiment_id == number)
        row = connection.execute(query).first()
        if row is None:
            return {}, []
        sources = [
            FileEntry(name=source.filename, ref=("source", source.source_id), md5=source.md5sum)
            for source in self._linked(connection, "source", number)
        ]
        described = _json(row._mapping.get("info_json"))
        if described is None:
            described = {"name": row.name, "base_dir": row.base_dir}
            described["repositories"] = [
                {"url": repository.url, "commit": repository.commit, "dirty": repository.dirty}
                for repository in self._linked(connection, "repository", number, "repositories")
            ]
            described["dependencies"] = [
                f"{package.name}=={package.version}" if package.version else package.name
                for package in self._linked(connection, "dependency", number, "dependencies")
            ]
        return described, sources

    def _linked(
        self, connection: Connection, name: str, number: int, plural: str | None = None
    ) -> Sequence[Any]:
        table = TABLES[name]
        link = TABLES[f"experiments_{plural or name + 's'}"]
        if link.name not in self.existing:  # sacred 0.7 knew no repositories
            return []
        key = table.c[f"{name}_id"]
        columns = [column for column in table.c if column.name != "content"]
        query = sa.select(*columns).join(link, link.c[f"{name}_id"] == key).order_by(key)
        return connection.execute(query.where(link.c.experiment_id == number)).all()

    # ------------------------------------------------------------------------ files

    def _artifacts(self, connection: Connection, keys: list[Any]) -> Mapping[Any, list[Any]]:
        table = TABLES["artifact"]
        there = self.existing["artifact"]
        wanted = ("artifact_id", "run_id", "filename", "content_type", "metadata_json")
        columns = [table.c[name] for name in wanted if name in there]
        query = sa.select(*columns).where(table.c.run_id.in_(keys)).order_by(table.c.artifact_id)
        return _by_run(connection.execute(query))

    def _resources(self, connection: Connection, keys: list[Any]) -> Mapping[Any, list[Any]]:
        table, link = TABLES["resource"], TABLES["runs_resources"]
        key = table.c.resource_id
        query = sa.select(link.c.run_id, key, table.c.filename, table.c.md5sum)
        query = query.join(link, link.c.resource_id == key).order_by(key)
        return _by_run(connection.execute(query.where(link.c.run_id.in_(keys))))


def _by_run(rows: Iterable[Any]) -> Mapping[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.run_id].append(row)
    return found


def _file_entry(kind: str, row: Any) -> FileEntry:
    if not isinstance(row.filename, str):
        raise TypeError(f"the name of a file is {row.filename!r}")
    if kind == "resources":
        ref = ("resource", row.resource_id)
        return FileEntry(name=row.filename, ref=ref, md5=row.md5sum)
    more = row._mapping
    return FileEntry(
        name=row.filename,
        ref=("artifact", row.artifact_id),
        content_type=more.get("content_type"),
        metadata=_json(more.get("metadata_json")),
    )


def _json(text: str | None) -> Any:
    return json.loads(text) if text else None


def _lines(text: str | None, lines: str | None) -> list[str] | str | None:
    if lines:
        found: list[str] | str = json.loads(lines)
        return found
    if not text:
        return None
    # The old column has one line break more behind each line than there was.
    *parts, last = text.split("\n\n")
    return [*(f"{part}\n" for part in parts), last]
