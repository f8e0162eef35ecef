"""Stores, and readers of them that know nothing of the library that wrote them."""

from __future__ import annotations

import json
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sacred.stores.schemes import store_from_url
from sacred.stores.store import Store

__all__ = [
    "FilePlace",
    "GooglePlace",
    "MongoPlace",
    "Place",
    "PostgresPlace",
    "S3Place",
    "SqlitePlace",
    "Stored",
    "TinyDbPlace",
    "strict_json",
]

Points = dict[str, list[tuple[Any, Any]]]


@dataclass(slots=True)
class Stored:
    """What is stored of a run, the same from everywhere."""

    status: str
    result: Any
    output: str
    points: Points
    info: dict[str, Any]
    artifacts: dict[str, bytes]
    fail_trace: list[str] = field(default_factory=list)


def strict_json(data: bytes | str) -> Any:
    """What any reader of JSON makes of it; ``NaN`` and ``Infinity`` are no JSON."""

    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    text = data.decode() if isinstance(data, bytes) else data
    return json.loads(text, parse_constant=refuse)


class Place(ABC):
    """A store: what to tell the script, and a reader."""

    def __init__(self, url: str, *arguments: str, **environment: str) -> None:
        self.url = url
        self.arguments = list(arguments)
        self.environment = environment

    @abstractmethod
    def read(self, run_id: Any) -> Stored:
        """The record of a run; every part of it must be readable."""

    @abstractmethod
    def ids(self) -> list[Any]:
        """Of all runs."""

    def open(self) -> Store:
        """The same place as a store of the library, to replay a spool to."""
        return store_from_url(self.url)


class _Files(Place):
    """The layout of files, wherever they are."""

    def files(self, run_id: Any) -> dict[str, bytes]:
        """All files in a run's directory by their relative names."""
        raise NotImplementedError

    def read(self, run_id: Any) -> Stored:
        files = self.files(run_id)
        documents = {n: strict_json(text) for n, text in files.items() if n.endswith(".json")}
        record = documents["run.json"]
        artifacts = {name: files[os.path.normpath(name)] for name in record["artifacts"]}
        return Stored(
            status=record["status"],
            result=record.get("result"),
            output=files["cout.txt"].decode(),
            points=_points(documents.get("metrics.json", {}), files.get("metrics.jsonl", b"")),
            info=documents.get("info.json", {}),
            artifacts=artifacts,
            fail_trace=record.get("fail_trace") or [],
        )


def _points(metrics: dict[str, Any], journal: bytes) -> Points:
    points = {
        name: list(zip(columns["steps"], columns["values"], strict=True))
        for name, columns in metrics.items()
    }
    for line in journal.split(b"\n")[:-1]:
        more = strict_json(line)
        known = points.setdefault(more["name"], [])
        new = list(zip(more["steps"], more["values"], strict=True))
        assert more["start"] <= len(known)
        known += new[len(known) - more["start"] :]
    return points


class FilePlace(_Files):
    """A directory."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"file:{path}", "-F", str(path))
        self.path = path

    def files(self, run_id: Any) -> dict[str, bytes]:
        folder = self.path / str(run_id)
        found = (p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".tmp"))
        return {str(path.relative_to(folder)): path.read_bytes() for path in found}

    def ids(self) -> list[Any]:
        return [path.parent.name for path in self.path.glob("*/run.json")]


class S3Place(_Files):
    """A bucket."""

    def __init__(self, environment: dict[str, str], bucket: str) -> None:
        address = f"s3://{bucket}/base"
        super().__init__(address, "-S", address, **environment)
        self.bucket = bucket

    def files(self, run_id: Any) -> dict[str, bytes]:
        prefix = f"base/{run_id}/"
        return {key.removeprefix(prefix): self._get(key) for key in self._keys(prefix)}

    def ids(self) -> list[Any]:
        keys = self._keys("base/")
        return [key.split("/")[1] for key in keys if key.endswith("/run.json")]

    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_DEFAULT_REGION"],
        )

    def _keys(self, prefix: str) -> list[str]:
        pages = self.client().get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in found for item in page.get("Contents", [])]

    def _get(self, key: str) -> bytes:
        return bytes(self.client().get_object(Bucket=self.bucket, Key=key)["Body"].read())


class GooglePlace(_Files):
    """A bucket of Google."""

    def __init__(self, server: Any, bucket: str) -> None:
        address = f"gs://{bucket}/base"
        super().__init__(address, f"--gcs={address}", **server.environment)
        self.server = server
        self.bucket = bucket
        server.make_bucket(bucket)

    def files(self, run_id: Any) -> dict[str, bytes]:
        prefix = f"base/{run_id}/"
        content = self.server.content(self.bucket)
        return {k.removeprefix(prefix): v for k, v in content.items() if k.startswith(prefix)}

    def ids(self) -> list[Any]:
        keys = self.server.content(self.bucket)
        return [key.split("/")[1] for key in keys if key.endswith("/run.json")]


class TinyDbPlace(Place):
    """A TinyDB and the files beside it."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"tinydb:{path}", "-t", str(path))
        self.path = path

    def read(self, run_id: Any) -> Stored:
        [entry] = [entry for entry in self._entries() if entry["_id"] == run_id]
        info = dict(entry["info"])
        listed = info.pop("metrics", None) or entry.get("metrics") or {}
        return Stored(
            status=entry["status"],
            result=entry.get("result"),
            output=entry["captured_out"],
            points=_points(listed if isinstance(listed, dict) else {}, b""),
            info=info,
            artifacts={name: self._file(digest) for name, _, digest, _ in entry["artifacts"]},
            fail_trace=entry.get("fail_trace") or [],
        )

    def ids(self) -> list[Any]:
        return [entry["_id"] for entry in self._entries()]

    def _entries(self) -> list[dict[str, Any]]:
        return list(strict_json((self.path / "metadata.json").read_bytes())["runs"].values())

    def _file(self, digest: str) -> bytes:
        parts = [digest[0:2], digest[2:4], digest[4:6], digest[6:]]
        [path] = self.path.joinpath("hashfs", *parts[:-1]).glob(f"{parts[-1]}*")
        return path.read_bytes()


class _Sql(Place):
    """Tables, with any driver."""

    marker = "?"

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        raise NotImplementedError

    def read(self, run_id: Any) -> Stored:
        columns = "status, result, result_json, captured_out, info, fail_trace_json"
        where = f"WHERE run_id = {self.marker}"
        [row] = self.query(f"SELECT {columns} FROM run {where}", str(run_id))
        rows = self.query(f"SELECT filename, content FROM artifact {where}", str(run_id))
        return Stored(
            status=row[0],
            result=row[1] if row[2] is None else strict_json(row[2]),
            output=row[3] or "",
            points=self._points(run_id),
            info=strict_json(row[4] or "{}"),
            artifacts={name: bytes(content) for name, content in rows},
            fail_trace=strict_json(row[5] or "[]"),
        )

    def _points(self, run_id: Any) -> Points:
        points: Points = {}
        statement = "SELECT name, step, value FROM metric WHERE run_id = {} ORDER BY name, position"
        for name, step, value in self.query(statement.format(self.marker), str(run_id)):
            points.setdefault(name, []).append((step, value))
        return points

    def ids(self) -> list[Any]:
        return [row[0] for row in self.query("SELECT run_id FROM run")]


class SqlitePlace(_Sql):
    """A file of SQLite."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"sqlite:///{path}", "-s", f"sqlite:///{path}")
        self.path = path

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.path)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return connection.execute(statement, values).fetchall()
        finally:
            connection.close()


class PostgresPlace(_Sql):
    """A database of a server."""

    marker = "%s"

    def __init__(self, url: str) -> None:
        super().__init__(url, "-s", url)

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            return connection.execute(statement.encode(), values).fetchall()


class MongoPlace(Place):
    """A database of a server, dropped at the end of the context.

    Args:
        url: of the server.
        name: of the database.
        patience: seconds after which a server that does not answer counts as absent.
    """

    def __init__(self, url: str, name: str, patience: float = 5) -> None:
        import pymongo

        self.client = pymongo.MongoClient[dict[str, Any]](url)
        self.name = name
        url = f"{url.partition('?')[0]}{name}"
        wait = int(1000 * patience)
        super().__init__(url, "-m", f"{url}?serverSelectionTimeoutMS={wait}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.drop_database(self.name)
        self.client.close()

    def read(self, run_id: Any) -> Stored:
        database = self.client[self.name]
        [document] = database["runs"].find({"_id": run_id})
        info = dict(document["info"])
        listed = {entry["id"] for entry in info.pop("metrics", [])}
        metrics = list(database["metrics"].find({"run_id": run_id}))
        # What the info lists may come before the points, never after them.
        assert {str(metric["_id"]) for metric in metrics if not metric.get("part")} <= listed
        return Stored(
            status=document["status"],
            result=document.get("result"),
            output=document["captured_out"],
            points=_points_of(metrics),
            info=info,
            artifacts=self._artifacts(document["artifacts"]),
            fail_trace=document.get("fail_trace") or [],
        )

    def ids(self) -> list[Any]:
        return [document["_id"] for document in self.client[self.name]["runs"].find({}, {})]

    def _artifacts(self, entries: Iterable[dict[str, Any]]) -> dict[str, bytes]:
        import gridfs

        files = gridfs.GridFS(self.client[self.name])
        return {entry["name"]: files.get(entry["file_id"]).read() for entry in entries}


def _points_of(metrics: Iterable[dict[str, Any]]) -> Points:
    points: Points = {}
    for metric in sorted(metrics, key=lambda m: m.get("part", 0)):
        pairs = zip(metric["steps"], metric["values"], strict=True)
        points.setdefault(metric["name"], []).extend(pairs)
    return points
