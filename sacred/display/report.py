"""A report of runs as one self-contained HTML file."""

from __future__ import annotations

import base64
import datetime
import html
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sacred._base.clock import utcnow
from sacred._base.masking import mask_entry
from sacred._base.paths import iterate_flattened
from sacred.display.comparison_text import as_mean
from sacred.display.formats import write_html
from sacred.display.metric_tables import metric_summary
from sacred.display.report_page import SCRIPT, SECURITY_POLICY, STYLE
from sacred.display.run_labels import run_labels
from sacred.display.run_rows import run_table
from sacred.display.run_summary import changed_origin, summary_fields, truncate
from sacred.display.svg import Curve, downsample, draw_curves, line_style
from sacred.display.table import Table, in_zone
from sacred.display.value_text import as_text, as_zoned_text
from sacred.query.syntax import Path
from sacred.records import RunRecord, StoredFile
from sacred.runs.columns import entries_of
from sacred.runs.damage import readable_metrics
from sacred.runs.groups import measured
from sacred.runs.identity import changed_entries, repeats_by_identity
from sacred.runs.significance import noise_by_experiment

__all__ = ["report"]

#: How many lines of the output are shown, from its end.
_MAX_OUTPUT_LINES = 200
#: Images up to this size are embedded.
_MAX_PICTURE_BYTES = 1 << 20
#: How many entries, and how many results, repeated runs are shown with.
_MAX_GROUP_COLUMNS = 8
#: Longer values are cut in the table of the runs.
_MAX_CELL_CHARS = 200
_PICTURE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def report(
    runs: Sequence[tuple[str, RunRecord]], title: str, with_store: bool = False, utc: bool = False
) -> Iterator[str]:
    """Yield the lines of the file.

    Args:
        runs: the runs, with the names of their stores.
        title: the title of the page.
        with_store: whether ids are written as ``STORE:ID``.
        utc: whether times are in UTC, not in this machine's time zone.
    """
    names = [f"{store}:{run.id}" if with_store else str(run.id) for store, run in runs]
    records = [run for _, run in runs]
    yield "<!doctype html>\n<html lang=en><meta charset=utf-8>"
    yield f'<meta http-equiv="Content-Security-Policy" content="{SECURITY_POLICY}">'
    yield '<meta name=viewport content="width=device-width">'
    yield f"<title>{html.escape(title)}</title><style>{STYLE}</style>"
    yield f"<h1>{html.escape(title)}</h1>"
    yield f"<p class=note>{len(runs)} runs, {as_zoned_text(utcnow(), utc)}</p>"
    table = run_table(runs, with_store=with_store)
    yield from _runs_table(in_zone(table, utc))
    yield from _plots(names, run_labels(names, table), records)
    yield from _noise(records)
    yield "<h2>Runs</h2>"
    for name, record in zip(names, records, strict=True):
        yield from _run(name, record, utc)
    yield f"<div id=tip></div><script>{SCRIPT}</script></html>"


def _runs_table(table: Table) -> Iterator[str]:
    heads = "".join(f"<th>{html.escape(title)}</th>" for title in table.titles)
    yield f'<table class="runs"><thead><tr>{heads}</tr></thead><tbody>'
    for row in table.rows:
        cells = zip(table.names, row, strict=True)
        yield f"<tr>{''.join(_cell(name, value) for name, value in cells)}</tr>"
    yield "</tbody></table>"


def _cell(name: str, value: Any) -> str:
    text = as_text(value)
    shown = html.escape(text[:_MAX_CELL_CHARS] + ("…" if len(text) > _MAX_CELL_CHARS else ""))
    if name == "id":
        return f"<td class=number><a href={_attribute(f'#{text}')}>{shown}</a></td>"
    if name == "status":
        return f"<td class={_attribute(text)}>{shown}</td>"
    if isinstance(value, datetime.timedelta):
        value = value.total_seconds()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td class=number data-value="{value!r}">{shown}</td>'
    return f"<td title={_attribute(text[:_MAX_CELL_CHARS])}>{shown}</td>"


def _plots(
    names: Sequence[str], labels: Sequence[str], records: Sequence[RunRecord]
) -> Iterator[str]:
    by_run = [readable_metrics(record) for record in records]
    metrics = dict.fromkeys(metric for found in by_run for metric in found)
    if not metrics:
        return
    yield "<h2>Metrics</h2><div id=metrics>"
    if len(records) > 1:
        yield "<p class=key>"
        yield from (_key(number, label) for number, label in enumerate(labels))
        yield "</p>"
    yield "<div class=plots>"
    for metric in metrics:
        lines = [
            Curve(number=n, name=name, label=label, points=downsample(found[metric]))
            for n, (name, label, found) in enumerate(zip(names, labels, by_run, strict=True))
            if metric in found
        ]
        noises = noise_by_experiment((records[line.number] for line in lines), _last(metric))
        # A bar for curves of several experiments would be that of none of them.
        noise = next(iter(noises.values())) if len(noises) == 1 else None
        if svg := draw_curves(lines, None if noise is None else noise.floor()):
            yield f"<figure><figcaption>{html.escape(metric)}</figcaption>{svg}</figure>"
    yield "</div></div>"


def _key(number: int, label: str) -> str:
    style = line_style(number)
    dashes = f' stroke-dasharray="{style.dashes}"' if style.dashes else ""
    line = f'<polyline points="0,5 28,5" stroke="{style.colour}"{dashes}/>'
    return (
        f'<span data-run="{number}" title={_attribute(label)}>'
        f'<svg viewBox="0 0 28 10">{line}</svg>{html.escape(label)}</span>'
    )


def _last(metric: str) -> Path:
    return Path("metrics", (*metric.split("."), "last"))


def _noise(records: Sequence[RunRecord]) -> Iterator[str]:
    """What the seeds alone make, if some runs differ in nothing else."""
    names = dict.fromkeys(name for record in records for name in readable_metrics(record))
    rows = [
        [experiment, str(path), noise.floor(), noise.deviation, noise.runs, noise.groups]
        for path in (Path("result"), *map(_last, names))
        for experiment, noise in noise_by_experiment(records, path).items()
        if noise is not None
    ]
    if rows:
        yield "<h2>Noise</h2><p>What seeds alone make of runs that differ in nothing else.</p>"
        columns = ["experiment", "field", "noise floor", "deviation", "runs", "configurations"]
        yield write_html(Table(names=columns, rows=rows))
        yield (
            "<p class=note>By the seed alone, two runs differ by more than the noise floor in one "
            "of 20 cases. Bars beside the curves are as high as that of the last value.</p>"
        )
        repeats = repeats_by_identity(records)
        yield write_html(_repeats_table(repeats, [Path("result"), *map(_last, names)]))


def _repeats_table(repeats: Sequence[Sequence[RunRecord]], fields: Sequence[Path]) -> Table:
    """A row for each configuration that was run with several seeds: means and their intervals."""
    groups = [group for group in repeats if len(group) > 1]
    entries = changed_entries([group[0] for group in groups])[:_MAX_GROUP_COLUMNS]
    rows: list[list[Any]] = []
    for group in groups:
        known = entries_of(group[0].config)
        cells = [mask_entry(entry, known.get(entry)) for entry in entries]
        numbers = [
            measured("", ((str(run.id), run) for run in group), field).values
            for field in fields[:_MAX_GROUP_COLUMNS]
        ]
        rows.append([*cells, len(group), *map(as_mean, numbers)])
    names = [*entries, "runs", *map(str, fields[:_MAX_GROUP_COLUMNS])]
    return Table(names=names, rows=rows)


def _run(name: str, record: RunRecord, utc: bool) -> Iterator[str]:
    status = html.escape(record.status or "?")
    title = f"{html.escape(name)} {html.escape(record.name or '')}"
    yield f"<details id={_attribute(name)}><summary>{title} "
    yield f"<span class={_attribute(status)}>{status}</span></summary>"
    yield _pairs(summary_fields(record, utc))
    if record.config:
        yield f"<h3>Configuration</h3>{_pairs(_config_rows(record))}"
    if record.info:
        yield "<h3>Info</h3>"
        yield _pairs(
            (str(path), truncate(as_text(value))) for path, value in iterate_flattened(record.info)
        )
    if metrics := readable_metrics(record):
        yield f"<h3>Metrics</h3>{write_html(metric_summary([(record.id, metrics)]))}"
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


def _config_rows(record: RunRecord) -> Iterator[tuple[str, ...]]:
    """Names and values, and where those come from that are not as the sources say."""
    for path, value in iterate_flattened(record.config):
        text = truncate(as_text(mask_entry(str(path), value)))
        origin = changed_origin(record, str(path))
        yield (str(path), text, origin) if origin else (str(path), text)


def _pairs(pairs: Iterable[tuple[str, ...]]) -> str:
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th>"
        f"{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"
        for name, *cells in pairs
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
