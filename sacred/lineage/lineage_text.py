"""A lineage as an indented text, in the language of Graphviz, and as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sacred.lineage.lineage_graph import Direction, Lineage, LineageRun, Link
from sacred.lineage.run_files import UsedFile

__all__ = ["as_dot", "as_json", "run_label", "text_lines"]

_MAX_FILES = 20


def run_label(run: LineageRun) -> str:
    """Return a label for a run: ``run 3 of file:runs: train, COMPLETED``."""
    record = run.record
    return f"run {run.id} of {run.store}: {record.name or '?'}, {record.status or '?'}"


def text_lines(lineage: Lineage, run: LineageRun) -> Iterator[str]:
    """Yield lines for a run, with the runs before and after it.

    Args:
        lineage: the lineage with the run.
        run: the run to start from.
    """
    yield run_label(run)
    directions: tuple[tuple[str, Direction], ...] = (("made from", "up"), ("used by", "down"))
    for title, direction in directions:
        lines = list(_tree(lineage, run, direction, {run.key}, 1))
        if lines:
            yield f"{title}:"
            yield from lines
    for title, files in (("reads", run.inputs), ("makes", run.outputs)):
        if files:
            yield f"{title}:"
            yield from (f"  {file.name}" for file in files[:_MAX_FILES])
            if len(files) > _MAX_FILES:
                yield f"  and {len(files) - _MAX_FILES} more"


def _tree(
    lineage: Lineage, run: LineageRun, direction: Direction, seen: set[tuple[str, str]], depth: int
) -> Iterator[str]:
    by_run: dict[tuple[str, str], list[Link]] = {}
    for link in lineage.links(run, direction):
        other = link.writer if direction == "up" else link.reader
        by_run.setdefault(other.key, []).append(link)
    for key, links in by_run.items():
        other = lineage.runs[key]
        names = ", ".join(dict.fromkeys(link.file.name for link in links))
        again = " (see above)" if key in seen else ""
        yield f"{'  ' * depth}{run_label(other)}{again}  by {names}"
        if not again:
            seen.add(key)
            yield from _tree(lineage, other, direction, seen, depth + 1)


def as_dot(runs: Iterable[LineageRun], links: Iterable[Link]) -> str:
    """Return a graph for ``dot``: runs are boxes, files ellipses.

    Args:
        runs: the runs of the graph.
        links: the links between them.
    """
    lines = ["digraph lineage {", "  rankdir=LR;"]
    for run in runs:
        label = f"{run.record.name or '?'} {run.id}\n{run.store}"
        lines.append(f"  {_quoted(_node(run))} [shape=box, label={_quoted(label)}];")
    files: dict[str, str] = {}
    edges: dict[str, None] = {}
    for link in links:
        files.setdefault(link.file.md5, link.file.name)
        edges[f"  {_quoted(_node(link.writer))} -> {_quoted(link.file.md5)};"] = None
        edges[f"  {_quoted(link.file.md5)} -> {_quoted(_node(link.reader))};"] = None
    for md5, name in files.items():
        lines.append(f"  {_quoted(md5)} [shape=ellipse, label={_quoted(name)}];")
    return "\n".join([*lines, *edges, "}"]) + "\n"


def _node(run: LineageRun) -> str:
    return f"{run.store} {run.id}"


def _quoted(text: str) -> str:
    r"""Return a text as DOT has it.

    >>> print(_quoted('a "b"\nc'))
    "a \"b\"\nc"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def as_json(runs: Iterable[LineageRun], links: Iterable[Link]) -> dict[str, Any]:
    """Return a graph as plain data: ``runs`` with their files, and ``links`` between them.

    Args:
        runs: the runs of the graph.
        links: the links between them.
    """
    return {
        "runs": [
            {
                "store": run.store,
                "id": run.id,
                "name": run.record.name,
                "status": run.record.status,
                "inputs": [_file(file) for file in run.inputs],
                "outputs": [_file(file) for file in run.outputs],
            }
            for run in runs
        ],
        "links": [
            {
                "from": {"store": link.writer.store, "id": link.writer.id, "file": link.made_as},
                "to": {"store": link.reader.store, "id": link.reader.id, "file": link.file.name},
                "md5": link.file.md5,
            }
            for link in links
        ],
    }


def _file(file: UsedFile) -> dict[str, Any]:
    found = {"name": file.name, "md5": file.md5, "sha256": file.sha256, "size": file.size}
    return {name: value for name, value in found.items() if value is not None}
