"""Show a run: times, configuration, result, metrics, files, machine, packages, sources.

Examples:
  sacred show last
  sacred show best:result
  sacred show 7 --json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from sacred._base.paths import iterate_flattened
from sacred.app.console import DIM, RED
from sacred.app.parser import add_run_id
from sacred.app.session import Session
from sacred.app.table import STATUS_COLOURS, Table, write_table
from sacred.app.values import as_json, as_text
from sacred.records import RunRecord
from sacred.records.metric import AGGREGATES

_TIMES = ("queue_time", "start_time", "stop_time", "heartbeat")
_HEADS = {"queue_time": "queued", "start_time": "start", "stop_time": "stop"}
#: So many characters of a list of names, before it is cut.
_LONG = 300


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument("--json", action="store_true", help="as JSON, with all there is")


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    record = session.run(args.id)
    if args.json:
        document = {**record.to_dict(), **_parts(record)}
        session.console.print(json.dumps(as_json(document), indent=2, ensure_ascii=False))
    else:
        _show(record, session)
    session.report(record.problems)


def _parts(record: RunRecord) -> dict[str, Any]:
    metrics = {
        name: {kind: getattr(metric, kind) for kind in AGGREGATES}
        for name, metric in record.metrics.items()
    }
    files = {kind: list(getattr(record, kind)) for kind in ("artifacts", "resources", "sources")}
    return {"metrics": metrics, **files}


def _show(record: RunRecord, session: Session) -> None:
    console = session.console
    status = console.style(record.status or "?", STATUS_COLOURS.get(record.status or "", ""))
    name = record.name or "a run"
    command = f" ({record.command})" if record.command not in (None, "main") else ""
    console.print(f"{name}{command}, run {record.id} of {record.store}: {status}")
    for key, value in _facts(record):
        console.print(f"  {console.style(f'{key:<11}', DIM)}{value}")
    for heading, mapping in (("Configuration", record.config), ("Info", record.info)):
        if mapping:
            console.heading(heading)
            for path, value in iterate_flattened(mapping):
                console.print(f"  {path} = {_cut(as_text(_quoted(value)))}")
    if record.metrics:
        console.heading("Metrics")
        write_table(metrics_table(record), None, console)
    if record.fail_trace:
        console.heading("Traceback")
        console.print(console.style(record.fail_trace.rstrip(), RED))


def metrics_table(record: RunRecord) -> Table:
    """The metrics of a run, in numbers."""
    rows = [
        [name, *(getattr(metric, kind) for kind in AGGREGATES)]
        for name, metric in record.metrics.items()
    ]
    return Table(names=["metric", *AGGREGATES], rows=rows)


def _facts(record: RunRecord) -> Iterator[tuple[str, str]]:
    for name in _TIMES:
        moment = getattr(record, name)
        # The heartbeat matters only as long as there is no end.
        if moment is not None and (name != "heartbeat" or record.stop_time is None):
            yield _HEADS.get(name, name), f"{as_text(moment)} UTC"
    yield from (
        (name, _cut(as_text(value)))
        for name, value in (
            ("duration", record.duration),
            ("result", record.result),
            ("comment", record.comment),
            ("group", record.group),
            ("tags", ", ".join(record.tags)),
            ("notes", record.notes),
            ("starred", record.starred or None),
        )
        if value not in (None, "")
    )
    host = record.host
    machine = (host.get("hostname"), host.get("os"), host.get("python_version"))
    if any(machine):
        yield "machine", _machine(*machine)
    dependencies = record.experiment.get("dependencies") or ()
    if dependencies:
        yield "packages", _names(dependencies)
    for repository in _repositories(record):
        yield "commit", repository
    for kind in ("sources", "resources", "artifacts"):
        if files := getattr(record, kind):
            yield kind, _names(files)


def _machine(host: Any, system: Any, python: Any) -> str:
    kind = " ".join(map(str, system)) if isinstance(system, list | tuple) else system
    parts = (host, kind, f"Python {python}" if python else None)
    return as_text(", ".join(str(part) for part in parts if part))


def _repositories(record: RunRecord) -> Iterator[str]:
    for entry in record.experiment.get("repositories") or ():
        if isinstance(entry, dict):
            dirty = ", with changes" if entry.get("dirty") else ""
            yield as_text(f"{entry.get('commit')} of {entry.get('url')}{dirty}")


def _names(names: Any) -> str:
    return _cut(as_text(", ".join(map(str, names))))


def _quoted(value: Any) -> Any:
    # A text that looks like a number must not pass for one.
    return repr(value) if isinstance(value, str) else value


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}… ({len(text)} characters)"
