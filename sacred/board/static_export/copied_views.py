"""The content of a static copy: the answers that the page would get for some views."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from sacred._base.clock import utcnow
from sacred._base.frozen import Frozen
from sacred.board.api.context import Board
from sacred.board.api.run_groups import ALL_BUT_SEEDS
from sacred.board.api.schemas import SCHEMAS
from sacred.board.opened_stores import run_of_key, store_of_key
from sacred.board.page_files import PAGE_ROOT
from sacred.board.problem_details import problem_of
from sacred.board.static_export.copied_files import CopiedFiles
from sacred.board.static_export.copied_relations import copied_lineage
from sacred.board.static_export.copied_secrets import Secrets
from sacred.board.static_export.copied_statistics import (
    copied_importance,
    copied_marks,
    copied_noise,
)
from sacred.board.static_export.recorder import LocalApi, View
from sacred.records import RunRecord
from sacred.status import ACTIVE, DEAD, ENDED

__all__ = ["MAX_RUNS", "Copy", "copy_of"]

#: So many can be compared at once.
MAX_RUNS = 200
_MAX_COLUMNS, _MAX_BUCKETS, _MAX_METRICS, _MAX_GROUPS = 300, 300, 60, 60
_ALL_RUNS = View(name="All runs", address="")


class Copy(Frozen):
    """The content of a copy.

    Args:
        data: the data for the page, as JSON without secrets.
        runs: the number of its runs.
        left_out: sentences about what is left out.
    """

    data: dict[str, Any]
    runs: int
    left_out: tuple[str, ...]


def copy_of(board: Board, views: Sequence[View], limit: int, with_first: bool = False) -> Copy:
    """Return what views show, and what can be reached from them.

    Args:
        board: the board whose stores are read.
        views: views in addition to the plain list of all runs.
        limit: the maximum number of runs: the first ones of each view.
        with_first: whether to open with the first view, not with the list of all runs.

    Raises:
        QueryError: a view has a query that is not valid.
    """
    first = views[0].address if with_first else ""
    return _Copying(board, [_ALL_RUNS, *views], max(1, min(limit, MAX_RUNS))).copy(first)


class _Copying:
    def __init__(self, board: Board, views: Sequence[View], limit: int) -> None:
        self._board = board
        self._api = LocalApi(board)
        self._views = views
        self._limit = limit
        self._files = CopiedFiles()
        self._left_out: list[str] = []

    def copy(self, first: str) -> Copy:
        """Read all of it."""
        fields = self._api.ask("listFields")["fields"]
        tables = [self._table(view, fields) for view in self._distinct("q", "store")]
        keys = self._keys(tables)
        runs = {key: self._run(key) for key in keys}
        secrets = Secrets(runs, tables, fields, words=_words(fields, tables, runs))
        numbers = [field["name"] for field in fields if field["kind"] == "metric"]
        groups = [self._groups(*one, keys, secrets, numbers) for one in self._groupings()]
        parts = {
            "stores": self._stores(),
            "fields": fields,
            "views": [{"name": one.name, "address": one.address} for one in self._views[1:]],
            "tables": [_only(table, keys) for table in tables],
            "groups": groups,
            "comparison": self._api.comparison(keys),
            "noise": list(copied_noise(self._api, runs, fields)),
            "importance": list(copied_importance(self._api, self._views, fields)),
        }
        data: dict[str, Any] = {name: secrets.masked(part) for name, part in parts.items()}
        data["runs"] = {key: secrets.masked(run) for key, run in runs.items()}
        lineage = copied_lineage(self._board, runs, self._left_out)
        for key, run in runs.items():
            data["runs"][key]["lineage"] = secrets.masked(lineage.get(key))
            data["runs"][key]["curves"] = self._curves(key, run["run"].get("metrics", []))
            data["runs"][key]["files"] = self._files.of(self._record(key), secrets)
        data["groupCurves"] = [
            {**secrets.masked(about), "curves": curves}
            for about, curves in self._means(parts["groups"])
        ]
        data["marks"] = [
            secrets.masked({**asked, "answer": answer})
            for asked, answer in copied_marks(self._api, parts["groups"])
        ]
        data["contents"] = self._files.contents
        icon = base64.b64encode((PAGE_ROOT / "icon.svg").read_bytes()).decode("ascii")
        data["icon"] = f"data:image/svg+xml;base64,{icon}"
        if secrets.common:
            self._left_out.append(
                f"masking in texts: {secrets.common} secrets are words of the page; they are "
                "masked as entries only"
            )
        self._say_what_is_missing()
        left_out = tuple(dict.fromkeys(self._left_out))
        made = utcnow().isoformat(timespec="seconds")
        data["about"] = {
            "first": secrets.masked_text(first),
            "runs": len(keys),
            "made": made,
            "left_out": left_out,
        }
        return Copy(data=data, runs=len(keys), left_out=left_out)

    def _distinct(self, *names: str) -> list[View]:
        """One view of each that differ in some parameters."""
        found: dict[tuple[str, ...], View] = {}
        for view in self._views:
            found.setdefault(tuple(str(view.values(name)) for name in names), view)
        return list(found.values())

    def _stores(self) -> list[dict[str, str]]:
        stores = self._api.ask("listStores")["stores"]
        self._left_out += [f"{one['name']}: {one['error']}" for one in stores if one["error"]]
        return [{name: store[name] for name in ("key", "name", "url")} for store in stores]

    def _table(self, view: View, fields: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The first runs of a view, in all columns that a page may ask for."""
        asked: dict[str, Any] = {
            "q": view.value("q"),
            "store": view.values("store"),
            "limit": self._limit,
        }
        # As the view orders them: it decides which ones are the first.
        usual = self._api.ask("listRuns", **asked, sort=view.value("sort"))
        names = [column["name"] for column in usual["columns"]]
        wanted = [name for one in self._views for name in one.values("col")]
        wanted += [one.value(name) for one in self._views for name in ("px", "py", "pz")]
        others = [field["name"] for field in fields if field["kind"] != "output"]
        columns = list(dict.fromkeys(filter(None, [*names, *wanted, "seed", *others])))
        if len(columns) > _MAX_COLUMNS:
            self._left_out.append(f"columns: {_MAX_COLUMNS} of {len(columns)} fields")
        asked["column"] = columns[:_MAX_COLUMNS]
        page = self._api.ask("listRuns", **asked, sort=view.value("sort"))
        count = len(page["runs"])
        if page["total"] > count:
            what = view.value("q") or "all runs"
            self._left_out.append(f"runs: the first {count} of {page['total']} ({what})")
        page["usual"] = names
        return {"q": view.value("q"), "stores": view.values("store"), "page": page}

    def _keys(self, tables: Sequence[dict[str, Any]]) -> list[str]:
        """The runs of the copy: those that views have selected, and the first ones of all."""
        chosen = [key for view in self._views for key in view.values("pick")]
        chosen += [view.value("base") for view in self._views if view.value("base")]
        rows = [[f"{run['store']}/{run['key']}" for run in one["page"]["runs"]] for one in tables]
        turns = (key for row in itertools.zip_longest(*rows) for key in row if key is not None)
        found = list(dict.fromkeys([*chosen, *turns]))
        existing = [key for key in found if self._exists(key)]
        if len(existing) > MAX_RUNS:
            self._left_out.append(f"runs: {MAX_RUNS} of the {len(existing)} of all views")
        return existing[:MAX_RUNS]

    def _exists(self, key: str) -> bool:
        store, _, run = key.partition("/")
        return store in self._board.stores and run_of_key(run) in self._board.stores[store].runs

    def _record(self, key: str) -> RunRecord:
        store, _, run = key.partition("/")
        return store_of_key(self._board.stores, store).runs[run_of_key(run)]

    def _run(self, key: str) -> dict[str, Any]:
        store, _, run = key.partition("/")
        path = {"store": store, "run": run}
        found = {
            name: self._part(operation, path)
            for name, operation in (
                ("run", "readRun"), ("config", "readConfig"),
                ("record", "readRecord"), ("output", "readOutput"),
            )
        }  # fmt: skip
        if found["output"].get("to") != found["output"].get("total"):
            self._left_out.append("output: the first 4 MB of a run")
        return found

    def _part(self, operation: str, path: dict[str, str]) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._api.ask(operation, path)
        except Exception as error:  # one damaged run must not keep the others from being copied
            self._left_out.append(f"run {path['run']}: {problem_of(error).detail}")
            return {}
        return found

    def _curves(self, key: str, metrics: Sequence[str]) -> dict[str, dict[str, Any]]:
        if len(metrics) > _MAX_METRICS:
            self._left_out.append(f"metrics: {_MAX_METRICS} of each run")
        names = list(metrics[:_MAX_METRICS])
        given = {"run": [key], "name": names, "buckets": _MAX_BUCKETS}
        by_x = {x: self._api.curves("readSeries", **given, x=x) for x in ("step", "relative")}
        if any(curve["points"] > curve["buckets"] for curve in by_x["step"]):
            self._left_out.append(
                f"curves: {_MAX_BUCKETS} buckets each, with exact extremes; zooming shows no more"
            )
        return {name: {x: curves[n] for x, curves in by_x.items()} for n, name in enumerate(names)}

    def _groupings(self) -> list[tuple[str, list[str], list[str]]]:
        """Queries, stores and fields of the groups that there will be."""
        found = [(one.value("q"), one.values("store"), one.values("by")) for one in self._views]
        found = [one for one in found if one[2]]
        found += [
            (one.value("q"), one.values("store"), [ALL_BUT_SEEDS])
            for one in self._distinct("q", "store")
        ]
        return [one for n, one in enumerate(found) if one not in found[:n]]

    def _groups(
        self,
        q: str,
        stores: list[str],
        by: list[str],
        keys: Sequence[str],
        secrets: Secrets,
        numbers: Sequence[str],
    ) -> dict[str, Any]:
        columns = self._api.ask("listRuns", q=q, store=stores, limit=20)["columns"]
        usual = [column["name"] for column in columns if column["kind"] == "metric"]
        values = list(dict.fromkeys(["result", *usual, *numbers]))[:_MAX_COLUMNS]
        answer = self._api.ask("listGroups", q=q, store=stores, by=by, value=values)
        for group in answer["groups"]:
            pairs = zip(answer["by"], group["values"], strict=True)
            group["values"] = [secrets.masked(value, name) for name, value in pairs]
            group["members"] = [key for key in group["members"] if key in keys]
        return {"q": q, "by": by, "stores": stores, "answer": answer}

    def _means(self, groups: Sequence[dict[str, Any]]) -> Iterator[tuple[Any, list[Any]]]:
        """The mean curves of groups: the usual ones, and those that a view shows."""
        for found in groups:
            asked = {name: found[name] for name in ("q", "by", "stores")}
            shown = [
                (view.value("band", "ci"), view.value("x", "step"))
                for view in self._views
                if (view.value("q"), view.values("by"), view.values("store"))
                == (found["q"], found["by"], found["stores"])
            ]
            members = [key for one in found["answer"]["groups"] for key in one["members"]]
            metrics = self._metrics(members)
            count = min(len(found["answer"]["groups"]), _MAX_GROUPS)
            if count < len(found["answer"]["groups"]):
                self._left_out.append(f"mean curves: of {_MAX_GROUPS} groups")
            for statistic, x in dict.fromkeys([("ci", "step"), *shown]):
                given = {"q": found["q"], "by": found["by"], "store": found["stores"]}
                given |= {"statistic": statistic, "x": x}
                curves = [
                    curve
                    for name in metrics
                    for curve in self._api.curves(
                        "readGroupCurves", **given, name=[name], group=range(count)
                    )
                ]
                yield {**asked, "statistic": statistic, "x": x}, curves

    def _metrics(self, keys: Sequence[str]) -> list[str]:
        names = self._api.comparison(keys[:20])["metrics"] if keys else []
        shown = [one["name"] for one in names if not one["name"].startswith("system.")]
        return shown[:_MAX_METRICS]

    def _say_what_is_missing(self) -> None:
        self._left_out += [
            f"files: {count} left out ({reason})" for reason, count in self._files.left_out.items()
        ]
        self._left_out += [
            "other queries and groups than those of the views; the trash; what came after it was "
            "made; editing, the queue, and all else that needs a server",
            "secrets: what is named like one is shown as ***",
        ]


def _words(
    fields: Sequence[dict[str, Any]],
    tables: Sequence[dict[str, Any]],
    runs: dict[str, dict[str, Any]],
) -> set[str]:
    """The words that the page finds its data by."""
    found = {name for schema in SCHEMAS.values() for name in _properties(schema)}
    found |= {name for one in (*tables, *runs.values()) for name in one}
    found |= {text for field in fields for text in (field["kind"], *field["types"])}
    return found.union(runs, ACTIVE, ENDED, (DEAD, "answer", "statistic"))


def _properties(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for inner in schema.values():
            yield from _properties(inner)


def _only(table: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """A table without the runs that are not in the copy."""
    page = table["page"]
    kept = [n for n, run in enumerate(page["runs"]) if f"{run['store']}/{run['key']}" in keys]
    data = {name: [column[n] for n in kept] for name, column in page["data"].items()}
    return {**table, "page": {**page, "runs": [page["runs"][n] for n in kept], "data": data}}
