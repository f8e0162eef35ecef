"""Show a run: times, result, configuration, metrics, files, machine, packages, sources.

Examples:
  sacred show last
  sacred show best:result
  sacred show 7 --json
"""

from __future__ import annotations

import argparse
from typing import Any

from sacred._base.masking import mask_entry
from sacred._base.paths import iterate_flattened
from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.display.console import DIM, RED
from sacred.display.fail_trace import user_trace
from sacred.display.formats import write_table
from sacred.display.metric_tables import metric_summary
from sacred.display.run_summary import changed_origin, deleted_entries, summary_fields, truncate
from sacred.display.table import STATUS_COLOURS
from sacred.display.value_text import as_text, json_text, one_line
from sacred.records import RunRecord
from sacred.records.metric import AGGREGATES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument("--json", action="store_true", help="as JSON, with all details")


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    record = session.run(args.id)
    if args.json:
        document = {**record.to_dict(), **_parts(record)}
        session.console.write(f"{json_text(document)}\n")
    else:
        _show(record, session)
    session.report(record.problems)


def _parts(record: RunRecord) -> dict[str, Any]:
    metrics = {
        name: {kind: getattr(metric, kind) for kind in AGGREGATES}
        for name, metric in record.read_metrics().items()
    }
    files = {kind: list(getattr(record, kind)) for kind in ("artifacts", "resources", "sources")}
    return {"metrics": metrics, **files}


def _show(record: RunRecord, session: Session) -> None:
    console = session.console
    status = console.style(
        one_line(record.status or "?"), STATUS_COLOURS.get(record.status or "", "")
    )
    command = f" ({record.command})" if record.command not in (None, "main") else ""
    title = one_line(f"{record.name or 'a run'}{command}, run {record.id} of {record.store}")
    console.print(f"{title}: {status}")
    for key, value in summary_fields(record, console.utc):
        console.print(f"  {console.style(f'{key:<11}', DIM)}{value}")
    deleted = [] if record.provenance is None else deleted_entries(record.provenance)
    for heading, mapping in (("Configuration", record.config), ("Info", record.info)):
        if mapping or (deleted and heading == "Configuration"):
            console.heading(heading)
            for path, value in iterate_flattened(mapping):
                shown_value = _repr_text(mask_entry(str(path), value))
                text = "null" if value is None else as_text(shown_value)
                origin = changed_origin(record, str(path)) if heading == "Configuration" else ""
                shown = f"  {one_line(str(path))} = {truncate(text)}"
                console.print(f"{shown}   {console.style(origin, DIM)}" if origin else shown)
        for text in deleted if heading == "Configuration" else ():
            console.print(f"  {console.style(text, DIM)}")
    if record.metrics:
        console.heading("Metrics")
        write_table(metric_summary([(record.id, record.read_metrics())]), None, console)
    if record.fail_trace:
        console.heading("Traceback")
        for line in user_trace(record.fail_trace).splitlines():
            console.print(console.style(one_line(line), RED))


def _repr_text(value: Any) -> Any:
    # A text that looks like a number must not be taken for one.
    return repr(value) if isinstance(value, str) else value
