"""The statistics in a copy: groups that differ, noise floors, importance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sacred.board.static_export.recorder import LocalApi, View

__all__ = ["copied_importance", "copied_marks", "copied_noise"]

#: So many groups, and so many numbers of them: each comparison is a permutation test.
_MAX_GROUPS, _MAX_VALUES, _MAX_NUMBERS = 20, 3, 60
#: So many runs are compared with each other; of other numbers, the next larger one will do.
_AMONG = (2, 3, 4, 6, 10, 20, 50, 100, 300, 1000, 2000)
_ROLLUPS = ("last", "min", "max")
#: So many times Optuna is asked, with so many entries, as the page does.
_MAX_EVALUATIONS, _MAX_ENTRIES = 8, 10


def copied_marks(
    api: LocalApi, groups: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield requests, with the groups that differ from the best one.

    Args:
        api: the API.
        groups: the groups, with queries, fields, stores and answers.
    """
    for found in groups:
        answer = found["answer"]
        if not 2 <= len(answer["groups"]) <= _MAX_GROUPS:
            continue
        given = {"q": found["q"], "by": found["by"]}
        for value in answer["values"][:_MAX_VALUES]:
            for better in ("higher", "lower"):
                asked = {**given, "value": value, "better": better}
                marks = api.ask("markGroups", **asked, store=found["stores"])
                yield {**asked, "stores": found["stores"]}, marks


def copied_noise(
    api: LocalApi, runs: Mapping[str, Any], fields: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the noise floors of each experiment.

    Args:
        api: the API.
        runs: the pages of runs by STORE/KEY.
        fields: the fields, as ``listFields`` returns them.
    """
    first: dict[Any, str] = {}
    for key, run in runs.items():
        first.setdefault(run["run"].get("name"), key)
    names = [field["name"] for field in fields if field["name"].rpartition(".")[2] in _ROLLUPS]
    values = ["result", *(name for name in names if name.startswith("metrics."))][:_MAX_NUMBERS]
    for key in first.values():
        yield api.ask("readNoise", run=key, value=values, among=list(_AMONG))


def copied_importance(
    api: LocalApi, views: Sequence[View], fields: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield requests, with Optuna's answers if it is installed.

    Args:
        api: the API.
        views: the views whose runs are used.
        fields: the known fields.
    """
    varying = [
        field["name"]
        for field in fields
        if field["varies"]
        and field["kind"] == "entry"
        and field["name"].startswith("config.")
        and not field["name"].endswith(".seed")
    ][:_MAX_ENTRIES]
    asked = {
        (one.value("q"), tuple(one.values("store")), value): None
        for one in views
        for value in dict.fromkeys(["result", one.value("py", "result")])
    }
    for q, stores, value in islice(asked, _MAX_EVALUATIONS) if varying else ():
        given: dict[str, Any] = {"q": q, "store": list(stores), "value": value, "entry": varying}
        yield {**given, "answer": api.ask("rankImportance", **given)}
