"""A whole store: a line of JSON for the document, and one for each change of it."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sacred.serializer import dumps, flatten
from sacred.stores import (
    AddFile,
    AddPoints,
    Annotate,
    Change,
    InvalidArtifactError,
    ReadableStore,
    Reader,
    RunExistsError,
    RunNotFoundError,
    SetFields,
    SourceFile,
    WriteOutput,
)


class JsonLinesStore(ReadableStore):
    """Keeps each run in a file ``directory/ID.jsonl``, with its files inside (as base64)."""

    def __init__(self, directory: str) -> None:
        self.directory = Path(directory)
        self.url = f"jsonl:{directory}"

    def create(self, run_id: Any, document: Mapping[str, Any], files: Sequence[SourceFile]) -> str:
        """See `Store.create`; ids are text."""
        self.directory.mkdir(parents=True, exist_ok=True)
        asked_for = None if run_id is None else str(run_id)
        while True:
            new_id = asked_for or str(self._highest() + 1)
            try:
                # "x" makes one of those who start now the owner of the name.
                self._path(new_id).open("x").close()
                break
            except FileExistsError:
                if asked_for:
                    raise RunExistsError(f"There is a run {new_id!r} in {self.url}") from None
        self._append(new_id, [{"SetFields": _plain(document)}])
        return new_id

    def apply(self, run_id: Any, changes: Sequence[Change]) -> None:
        """See `Store.apply`: to replay a line twice alters nothing, so to write it twice."""
        if not self._path(str(run_id)).exists():
            raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
        for change in changes:
            self.check(change)
            self._append(str(run_id), [_line(change)])

    def check(self, change: Change) -> None:
        """See `Store.check`: the names are no paths here, but empty ones are mistakes."""
        if isinstance(change, AddFile) and not change.name:
            raise InvalidArtifactError("An artifact needs a name")

    def read(self, run_id: Any) -> dict[str, Any]:
        """A run as `sacred.stores.MemoryStore.read` gives it."""
        run: dict[str, Any] = {"output": "", "metrics": {}, "artifacts": {}, "resources": {}}
        if not self._path(str(run_id)).exists():
            raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
        for line in self._lines(str(run_id)):
            for kind, change in line.items():
                _replay(run, kind, change)
        return run

    def reader(self) -> Reader:
        """See `ReadableStore.reader`."""
        from sacred_jsonl.reader import JsonLinesReader

        return JsonLinesReader(self)

    def ids(self) -> list[str]:
        """The names of the files, without their suffix."""
        return [path.stem for path in self.directory.glob("*.jsonl")]

    def content(self, run_id: Any) -> bytes:
        """The file of a run; empty if there is none."""
        return path.read_bytes() if (path := self._path(str(run_id))).exists() else b""

    def _path(self, run_id: str) -> Path:
        return self.directory / f"{Path(run_id).name}.jsonl"

    def _highest(self) -> int:
        return max((int(name) for name in self.ids() if name.isdecimal()), default=0)

    def _append(self, run_id: str, lines: list[dict[str, Any]]) -> None:
        with self._path(run_id).open("ab") as file:
            # A line before that was cut off by a crash must not spoil this one.
            file.write(b"".join(b"\n" + dumps(line).encode() for line in lines) + b"\n")

    def _lines(self, run_id: str) -> Iterator[dict[str, Any]]:
        for line in self._path(run_id).read_bytes().split(b"\n"):
            try:
                yield json.loads(line)
            except ValueError:
                pass  # empty, or cut off: the change was never stored


def _line(change: Change) -> dict[str, Any]:
    match change:
        case SetFields():
            return {"SetFields": _plain(change.fields)}
        case AddFile():
            content = base64.b64encode(Path(change.path).read_bytes()).decode()
            return {"AddFile": {"kind": change.kind, "name": change.name, "content": content}}
        case Annotate() | WriteOutput():
            # As JSON has it: the serializer marks tuples.
            return {type(change).__name__: json.loads(json.dumps(dataclasses.asdict(change)))}
        case AddPoints():
            columns = (change.steps, change.values, map(_time, change.timestamps))
            points = [list(point) for point in zip(*map(flatten, map(list, columns)), strict=True)]
            return {"AddPoints": {"name": change.name, "start": change.start, "points": points}}
    return {"SetFields": {"experiment": change.info}}


def _replay(run: dict[str, Any], kind: str, change: dict[str, Any]) -> None:
    match kind:
        case "SetFields":
            run.update(change)
        case "AddFile":
            run[change["kind"] + "s"][change["name"]] = base64.b64decode(change["content"])
        case "Annotate":
            run["meta"] = Annotate(**change).applied_to(run.get("meta") or {})
        case "WriteOutput":
            run["output"] = run["output"][: change["start"]] + change["text"]
        case "AddPoints":
            start, points = change["start"], change["points"]
            known = run["metrics"].setdefault(change["name"], [])
            known[start : start + len(points)] = points


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    # The document's own lists of files and output are kept as changes.
    own = ("resources", "artifacts", "captured_out")
    return {name: _time(value) for name, value in fields.items() if name not in own}


def _time(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.datetime) else value
