"""How much seeds alone change in an experiment, estimated from runs that differ only in them."""

from __future__ import annotations

import itertools
from typing import Any

from sacred.board.api.operations import Call
from sacred.board.api.series import run_of_name
from sacred.display.comparison_text import noise_line
from sacred.query.syntax import And, Compare, Path
from sacred.records import RunRecord
from sacred.runs.columns import column_path
from sacred.runs.identity import repeats_by_identity
from sacred.runs.significance import noise_of_repeats
from sacred.status import COMPLETED

__all__ = ["read_noise"]

#: So many of the newest runs of an experiment are looked at.
_MAX_RUNS = 2000


def read_noise(call: Call) -> dict[str, Any]:
    """Return the noise floor of numbers, in the experiment of a run.

    Args:
        call: with a run, the names of numbers, and how many runs are compared with each other.

    Raises:
        Problem: there is no such store.
    """
    store, run = run_of_name(call, call.values["run"])
    paths = {name: column_path(name) for name in dict.fromkeys(call.values["value"])}
    parts = [Compare(Path("status"), "=", COMPLETED)]
    if run.name is not None:
        parts.append(Compare(Path("name"), "=", run.name))
    table = store.table(And(tuple(parts))).showing(list(paths.values()))
    records: list[RunRecord] = list(itertools.islice(table, _MAX_RUNS))
    repeats = [group for group in repeats_by_identity(records) if len(group) > 1]
    found = []
    among = sorted(set(call.values["among"])) or [2]
    for name, path in paths.items():
        noise = noise_of_repeats(repeats, path)
        found += [
            {
                "name": name,
                "among": number,
                "floor": None if noise is None else noise.floor_among(number),
                "runs": 0 if noise is None else noise.runs,
                "configurations": 0 if noise is None else noise.groups,
                "text": noise_line(noise, name, among=number),
            }
            for number in among
        ]
    return {"experiment": run.name, "numbers": found}
