"""What a copy says of noise: groups that can be told apart, and the noise floors of experiments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sacred.board.static_export.recorder import LocalApi

__all__ = ["copied_marks", "copied_noise"]

#: So many groups, and so many numbers of them: each comparison is a permutation test.
_MAX_GROUPS, _MAX_VALUES, _MAX_NUMBERS = 20, 3, 60
#: So many runs are compared with each other; of other numbers, the next larger one will do.
_AMONG = (2, 3, 4, 6, 10, 20, 50, 100, 300, 1000, 2000)
_ROLLUPS = ("last", "min", "max")


def copied_marks(
    api: LocalApi, groups: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield what is asked, and which groups differ from the best one.

    Args:
        api: that is asked.
        groups: with their queries, fields, stores and answers.
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
        api: that is asked.
        runs: pages of runs by STORE/KEY.
        fields: as ``listFields`` gives them.
    """
    first: dict[Any, str] = {}
    for key, run in runs.items():
        first.setdefault(run["run"].get("name"), key)
    names = [field["name"] for field in fields if field["name"].rpartition(".")[2] in _ROLLUPS]
    values = ["result", *(name for name in names if name.startswith("metrics."))][:_MAX_NUMBERS]
    for key in first.values():
        yield api.ask("readNoise", run=key, value=values, among=list(_AMONG))
