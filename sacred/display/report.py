"""A report of runs as one self-contained HTML file."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sacred._base.clock import utcnow
from sacred._base.paths import iterate_flattened
from sacred.display.formats import write_html
from sacred.display.metric_tables import metric_summary
from sacred.display.run_rows import run_table
from sacred.display.run_summary import summary_fields
from sacred.display.svg import COLOURS, Curve, downsample, draw_curves
from sacred.display.table import Table, in_zone
from sacred.display.value_text import as_text, as_zoned_text
from sacred.records import RunRecord, StoredFile
from sacred.runs.damage import readable_metrics

__all__ = ["report"]

#: How many lines of the output are shown, from its end.
_MAX_OUTPUT_LINES = 200
#: Images up to this size are embedded.
_MAX_PICTURE_BYTES = 1 << 20
#: How many config entries label a run in plots, and the characters of each.
_MAX_LABEL_ENTRIES, _MAX_LABEL_CHARS = 3, 24
_PICTURE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")

_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin-bottom: .3rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: .2rem .7rem; text-align: left; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); font-size: 13px; }
summary { cursor: pointer; padding: .3rem 0; }
details { border-bottom: 1px solid var(--line); }
details > :not(summary) { margin-left: 1rem; }
img { max-width: 100%; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem; }
figure { margin: 0; } figcaption { font-weight: 600; }
svg { width: 100%; } svg text { font-size: 12px; fill: currentColor; opacity: .7; }
svg line { stroke: var(--line); } svg polyline { fill: none; stroke-width: 1.5; }
.key span { margin-right: 1rem; white-space: nowrap; } .note { opacity: .7; }
.COMPLETED { color: #009e73; } .FAILED, .DEAD { color: #d55e00; }
"""


def report(
    runs: Sequence[tuple[str, RunRecord]], title: str, with_store: bool = False, utc: bool = False
) -> Iterator[str]:
    """Yield the lines of the file.

    Args:
        runs: with the names of their stores.
        title: of the page.
        with_store: ids are written as ``STORE:ID``.
        utc: times in UTC, not in this machine's time zone.
    """
    # The page may be read elsewhere; so times say their zone.
    names = [f"{store}:{run.id}" if with_store else str(run.id) for store, run in runs]
    records = [run for _, run in runs]
    yield "<!doctype html>\n<html lang=en><meta charset=utf-8>"
    # What is stored can be anything: nothing in this page may run or be fetched.
    yield (
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
    )
    yield '<meta name=viewport content="width=device-width">'
    yield f"<title>{html.escape(title)}</title><style>{_STYLE}</style>"
    yield f"<h1>{html.escape(title)}</h1>"
    yield f"<p class=note>{len(runs)} runs, {as_zoned_text(utcnow(), utc)}</p>"
    table = run_table(runs, with_store=with_store)
    yield write_html(in_zone(table, utc))
    yield from _plots(_labels(names, table), records)
    yield "<h2>Runs</h2>"
    for name, record in zip(names, records, strict=True):
        yield from _run(name, record, utc)
    yield "</html>"


def _labels(names: Sequence[str], table: Table) -> list[str]:
    """Return a label for each run: its id, and the config entries in which it differs."""
    varying = [column for column in table.names if column.startswith("config.")]
    columns = varying[:_MAX_LABEL_ENTRIES]
    labels = []
    for name, row in zip(names, table.rows, strict=True):
        cells = dict(zip(table.names, row, strict=True))
        entries = [
            f"{column.removeprefix('config.')}={as_text(cells[column])[:_MAX_LABEL_CHARS]}"
            for column in columns
            if cells[column] is not None
        ]
        labels.append(f"{name} ({', '.join(entries)})" if entries and len(names) > 1 else name)
    return labels


def _plots(names: Sequence[str], records: Sequence[RunRecord]) -> Iterator[str]:
    by_run = [readable_metrics(record) for record in records]
    metrics = dict.fromkeys(metric for found in by_run for metric in found)
    if not metrics:
        return
    colours = [COLOURS[number % len(COLOURS)] for number in range(len(records))]
    yield "<h2>Metrics</h2><p class=key>"
    for name, colour in zip(names, colours, strict=True):
        yield f'<span><b style="color:{colour}">■</b> {html.escape(name)}</span>'
    yield "</p><div class=plots>"
    for metric in metrics:
        lines = [
            Curve(label=name, points=downsample(found[metric]), colour=colour)
            for name, found, colour in zip(names, by_run, colours, strict=True)
            if metric in found
        ]
        if svg := draw_curves(lines):
            yield f"<figure><figcaption>{html.escape(metric)}</figcaption>{svg}</figure>"
    yield "</div>"


def _run(name: str, record: RunRecord, utc: bool) -> Iterator[str]:
    status = html.escape(record.status or "?")
    title = f"{html.escape(name)} {html.escape(record.name or '')}"
    yield f"<details id={_attribute(name)}><summary>{title} "
    yield f"<span class={_attribute(status)}>{status}</span></summary>"
    yield _pairs(summary_fields(record, utc))
    for heading, part in (("Configuration", record.config), ("Info", record.info)):
        if part:
            yield f"<h3>{heading}</h3>"
            yield _pairs((str(path), as_text(value)) for path, value in iterate_flattened(part))
    if metrics := readable_metrics(record):
        yield f"<h3>Metrics</h3>{write_html(metric_summary(metrics))}"
    for file in record.artifacts.values():
        yield from _picture(file)
    if record.fail_trace:
        yield f"<h3>Traceback</h3><pre>{html.escape(record.fail_trace)}</pre>"
    if output := record.output:
        lines = output.splitlines()
        is_cut = len(lines) > _MAX_OUTPUT_LINES
        heading = f"Output, the last {_MAX_OUTPUT_LINES} lines" if is_cut else "Output"
        text = "\n".join(lines[-_MAX_OUTPUT_LINES:])
        yield f"<h3>{heading}</h3><pre>{html.escape(text)}</pre>"
    yield "</details>"


def _pairs(pairs: Iterable[tuple[str, Any]]) -> str:
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in pairs
    )
    return f"<table>{rows}</table>"


def _picture(file: StoredFile) -> Iterator[str]:
    if file.content_type not in _PICTURE_TYPES:
        return
    try:
        with file.open() as content:
            data = content.read(_MAX_PICTURE_BYTES + 1)
    except FileNotFoundError:
        return
    if len(data) <= _MAX_PICTURE_BYTES:
        text = base64.b64encode(data).decode()
        source = f"data:{file.content_type};base64,{text}"
        name = html.escape(file.name)
        yield f"<h3>{name}</h3><img alt={_attribute(file.name)} src={_attribute(source)}>"


def _attribute(text: str) -> str:
    return f'"{html.escape(text)}"'
