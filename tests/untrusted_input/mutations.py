"""Stored data of one run in a store, changed at random and put back again.

A `Mutator` of each kind of store knows where the data of a run are. All of them draw what to
change and how from the same odd values.
"""

from __future__ import annotations

import contextlib
import copy
import datetime
import json
import random
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.crash_safety import places

__all__ = ["MUTATORS", "VICTIM", "Mutator"]

#: The id of the run that is damaged, in stores that number runs; else its place among them.
VICTIM = 2

_DEEP: Any = []
for _ in range(300):
    _DEEP = [_DEEP]

#: In the place of any value of JSON.
ODD_VALUES: list[Any] = [
    None, True, 0, -1, 5, 2**63, 10**400, 1e308, float("nan"), float("-inf"), "", "x", "yesterday",
    "2026-01-02T03:04:05", "9999-99-99", "é" * 300, "\ud800", "\0", "../../etc/passwd", "{",
    "x" * 100_000, [], [1], [[[]]], [None] * 3, {}, {"": 1}, {"a": {"b": []}},
    {"py/object": "os.system"},
    {"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["touch hacked"]}]}, {"$date": 1},
    {"py/b64": "!"}, {"py/tuple": 5}, {"steps": 1, "values": [], "timestamps": {}}, _DEEP,
    list(range(3000)),
]  # fmt: skip

#: In the place of the bytes of a file.
ODD_BYTES: list[Callable[[bytes, random.Random], bytes]] = [
    lambda data, rng: b"",
    lambda data, rng: data[: rng.randrange(len(data) + 1)],
    lambda data, rng: data[rng.randrange(len(data) + 1) :],
    lambda data, rng: data + data,
    lambda data, rng: data + b"\n{",
    lambda data, rng: b"\xff\xfe" + data,
    lambda data, rng: b"\xef\xbb\xbf" + data,
    lambda data, rng: data.replace(b'"', b"'"),
    lambda data, rng: rng.randbytes(200),
    lambda data, rng: b"\0" * len(data),
    lambda data, rng: b"[" * 20_000,
    lambda data, rng: b"9" * 10_000,
    lambda data, rng: b"null",
    lambda data, rng: b"{}",
    lambda data, rng: b"[1, 2]",
    lambda data, rng: b'{"a": NaN, "a": 1e999}',
    lambda data, rng: data.decode(errors="replace").encode("utf-16"),
    lambda data, rng: bytes(byte ^ (rng.random() < 0.02) for byte in data),
]


def _nodes(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values in a tree, that of the tree itself first."""
    yield path
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(items):
        if isinstance(value, dict | list):
            yield from _nodes(value, (*path, key))
        else:
            yield (*path, key)


def with_odd_id(tree: Any, rng: random.Random, odd: list[Any] = ODD_VALUES) -> tuple[Any, str]:
    """The same with another id, and what was done."""
    run_id = copy.deepcopy(rng.choice(odd))
    return {**tree, "_id": run_id}, f"_id := {run_id!r:.60}"


def _shown(run_id: Any) -> str:
    """The beginning of what messages say of an id."""
    if type(run_id).__name__ == "DatetimeMS":
        return "datetime.datetime(9999"  # the last that Python has
    if isinstance(run_id, bytes):
        run_id = bytes(run_id)
    return str(run_id) if isinstance(run_id, str | int) else repr(run_id)[:40]


def mutated(tree: Any, rng: random.Random, odd: list[Any] = ODD_VALUES) -> tuple[Any, str]:
    """A copy of a tree of JSON with one entry changed, removed or added, and what was done."""
    tree = copy.deepcopy(tree)
    paths = list(_nodes(tree))
    path = rng.choice(paths)
    value = copy.deepcopy(rng.choice(odd))
    if not path:
        return value, f"all of it := {value!r:.60}"
    parent = tree
    for key in path[:-1]:
        parent = parent[key]
    how = rng.choice(["replace", "replace", "replace", "remove", "rename", "wrap"])
    if how == "remove":
        del parent[path[-1]]
    elif how == "rename" and isinstance(parent, dict):
        parent[rng.choice(["", "a.b", "$x", "é", "x" * 500])] = parent.pop(path[-1])
    elif how == "wrap":
        parent[path[-1]] = rng.choice([[parent[path[-1]]], {"a": parent[path[-1]]}])
    else:
        parent[path[-1]] = value
    return tree, f"{how} {path!r:.80} {value!r:.60}"


class Mutator(ABC):
    """Changes something of a run.

    Args:
        place: the store.
        run_id: of the run.
    """

    def __init__(self, place: Any, run_id: Any) -> None:
        self.place = place
        self.run_id = run_id
        #: What messages call the run as it is now.
        self.shown = str(run_id)

    @abstractmethod
    def mutate(self, rng: random.Random) -> str:
        """Change something, and say what."""

    @abstractmethod
    def restore(self) -> None:
        """Undo the last change."""


class _OfFiles(Mutator):
    """Of a file of the run's directory, wherever that is."""

    _before: tuple[str, bytes]

    @abstractmethod
    def read(self) -> dict[str, bytes]:
        """All files of the run by their names."""

    @abstractmethod
    def write(self, name: str, data: bytes | None) -> None:
        """Replace one; None removes it."""

    def mutate(self, rng: random.Random) -> str:
        files = self.read()
        name = rng.choice(sorted(files))
        self._before = name, files[name]
        data: bytes | None
        if rng.random() < 0.1:
            data, what = None, "removed"
        elif name.endswith(".json") and rng.random() < 0.65:
            tree, what = mutated(json.loads(files[name]), rng)
            data = json.dumps(tree).encode()
        else:
            number = rng.randrange(len(ODD_BYTES))
            data, what = ODD_BYTES[number](files[name], rng), f"bytes {number}"
            if data == b"{}" and name.endswith("run.json"):
                data = b"{ }x"  # else it is an id that is taken, of a run that is on its way
        self.write(name, data)
        return f"{name}: {what}"

    def restore(self) -> None:
        self.write(*self._before)


class FileMutator(_OfFiles):
    """Of a directory."""

    def read(self) -> dict[str, bytes]:
        return dict(self.place.files(self.run_id))

    def write(self, name: str, data: bytes | None) -> None:
        path: Path = self.place.path / str(self.run_id) / name
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)


class S3Mutator(_OfFiles):
    """Of a bucket."""

    def read(self) -> dict[str, bytes]:
        return dict(self.place.files(self.run_id))

    def write(self, name: str, data: bytes | None) -> None:
        client, key = self.place.client(), f"base/{self.run_id}/{name}"
        if data is None:
            client.delete_object(Bucket=self.place.bucket, Key=key)
        else:
            client.put_object(Bucket=self.place.bucket, Key=key, Body=data)


class GoogleMutator(_OfFiles):
    """Of a bucket of Google."""

    def read(self) -> dict[str, bytes]:
        return dict(self.place.files(self.run_id))

    def write(self, name: str, data: bytes | None) -> None:
        self.place.server.replace(self.place.bucket, f"base/{self.run_id}/{name}", data)


class TinyDbMutator(Mutator):
    """Of the entry in the one file."""

    _before: bytes

    def mutate(self, rng: random.Random) -> str:
        path = self.place.path / "metadata.json"
        self._before = path.read_bytes()
        tables = json.loads(self._before)
        number = next(n for n, run in tables["runs"].items() if run["_id"] == self.run_id)
        tables["runs"][number], what = rng.choice([mutated, mutated, mutated, with_odd_id])(
            tables["runs"][number], rng
        )
        entry = tables["runs"][number]
        run_id = entry.get("_id") if isinstance(entry, dict) else entry
        self.shown = _shown(self.run_id if run_id == self.run_id else run_id)
        if not isinstance(entry, dict):
            self.shown = self.shown[:39]  # what can be no run is cut in messages, with its quote
        path.write_text(json.dumps(tables))
        return what

    def restore(self) -> None:
        (self.place.path / "metadata.json").write_bytes(self._before)


#: In the place of what is in a column.
ODD_CELLS: list[Any] = [
    None, "", "{", "[1]", "5", "null", '{"a": NaN}', "x" * 100_000, "yesterday", "[" * 5000,
    "9" * 6000, '{"py/object": "os.system"}', '"\\ud800"', "é\u202e\x1b[31m",
]  # fmt: skip
_OF_ANY_TYPE: list[Any] = [5, -1, 1.5, b"\xff\xfe", 2**62]


class _OfTables(Mutator):
    """Of a cell in the rows of a run."""

    marker = "?"
    odd = (*ODD_CELLS, *_OF_ANY_TYPE)
    #: All columns of tables with a column ``run_id``: table, name, whether it is of the key.
    columns: str
    _before: tuple[str, str, dict[str, Any], Any]

    @abstractmethod
    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a statement that is committed."""

    def mutate(self, rng: random.Random) -> str:
        columns = self.query(self.columns)
        for _ in range(100):
            table = rng.choice(sorted({table for table, _, _ in columns}))
            keys = [name for of, name, is_key in columns if of == table and is_key]
            names = [name for of, name, is_key in columns if of == table and not is_key]
            column = rng.choice([name for name in names if name != "run_id"])
            rows = self.query(
                f"SELECT {', '.join([column, *keys])} FROM {table} WHERE run_id = {self.marker}",
                str(self.run_id),
            )
            if not rows:
                continue
            value, *key = rng.choice(rows)
            odd = rng.choice(self.odd)
            self._before = table, column, dict(zip(keys, key, strict=True)), value
            with contextlib.suppress(Exception):  # a type that the column cannot have
                self._set(odd)
                return f"{table}.{column} := {odd!r:.60}"
        raise AssertionError("nothing to change")

    def _set(self, value: Any) -> None:
        table, column, key, _ = self._before
        where = " AND ".join(f"{name} = {self.marker}" for name in key)
        statement = f"UPDATE {table} SET {column} = {self.marker} WHERE {where}"
        self.query(statement, value, *key.values())

    def restore(self) -> None:
        self._set(self._before[3])


class SqliteMutator(_OfTables):
    """Of a file, whose columns take values of any type."""

    columns = (
        "SELECT m.name, c.name, c.pk > 0 FROM sqlite_master AS m, pragma_table_info(m.name) AS c "
        "WHERE m.type = 'table' AND EXISTS "
        "(SELECT 1 FROM pragma_table_info(m.name) AS k WHERE k.name = 'run_id')"
    )

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.place.path)) as connection, connection:
            return connection.execute(statement, values).fetchall()


class PostgresMutator(_OfTables):
    """Of a database of a server."""

    marker = "%s"
    columns = (
        "SELECT c.table_name, c.column_name, k.column_name IS NOT NULL "
        "FROM information_schema.columns AS c "
        "JOIN information_schema.table_constraints AS t USING (table_schema, table_name) "
        "LEFT JOIN information_schema.key_column_usage AS k ON k.column_name = c.column_name "
        "AND k.constraint_name = t.constraint_name AND k.table_name = c.table_name "
        "WHERE t.constraint_type = 'PRIMARY KEY' AND c.table_schema = 'public' AND EXISTS "
        "(SELECT 1 FROM information_schema.columns AS r "
        "WHERE r.table_name = c.table_name AND r.column_name = 'run_id')"
    )

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.place.url.replace("+psycopg", "")) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []


class MongoMutator(Mutator):
    """Of a document of the run or of its metrics."""

    _before: tuple[Any, dict[str, Any]]
    _id: Any

    def mutate(self, rng: random.Random) -> str:
        import bson

        database = self.place.client[self.place.name]
        name, key = rng.choice([("runs", "_id"), ("runs", "_id"), ("metrics", "run_id")])
        document = rng.choice(list(database[name].find({key: self.run_id})))
        self._before = database[name], document
        odd = [value for value in ODD_VALUES if _fits(value)] + [
            bson.ObjectId(), bson.Binary(b"\xff"), bson.Regex("(a+)+"), bson.Timestamp(1, 1),
            bson.Int64(5), datetime.datetime(2026, 1, 2), bson.Decimal128("1.5"), bson.MinKey(),
            bson.DatetimeMS(10**17), bson.Code("x"), b"bytes",
        ]  # fmt: skip
        for _ in range(100):
            how = mutated if name == "metrics" else rng.choice([mutated, mutated, with_odd_id])
            changed, what = how(document, rng, odd)
            # The server gives an id to what has none.
            if isinstance(changed, dict) and "_id" in changed:
                with contextlib.suppress(Exception):  # what a document cannot hold
                    self._replace(document["_id"], changed)
                    return f"{name}: {what}"
        raise AssertionError("nothing to change")

    def _replace(self, run_id: Any, document: dict[str, Any]) -> None:
        """Put a document in the place of another one, whatever its id."""
        collection, _ = self._before
        if document["_id"] != run_id or type(document["_id"]) is not type(run_id):
            collection.insert_one(document)
            collection.delete_one({"_id": {"$eq": run_id}})
        else:
            collection.replace_one({"_id": run_id}, document)
        self._id = document["_id"]
        self.shown = _shown(self._id) if collection.name == "runs" else str(self.run_id)

    def restore(self) -> None:
        self._replace(self._id, self._before[1])


def _fits(value: Any) -> bool:
    return value is not _DEEP and value not in ("\ud800", 10**400, 2**63)


MUTATORS: dict[str, type[Mutator]] = {
    "file": FileMutator,
    "s3": S3Mutator,
    "google": GoogleMutator,
    "sqlite": SqliteMutator,
    "postgres": PostgresMutator,
    "mongo": MongoMutator,
    "tinydb": TinyDbMutator,
}

assert issubclass(places.FilePlace, places.Place)  # what `place` is, in all of them
