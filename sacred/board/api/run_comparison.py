"""Several runs side by side: what differs between them, and which metrics they have."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sacred.board.api.operations import Call
from sacred.board.api.series import run_of_name
from sacred.board.opened_stores import run_key
from sacred.board.problem_details import Problem
from sacred.display.value_text import as_json
from sacred.records import RunRecord
from sacred.runs.columns import without_seeds
from sacred.runs.comparison import Difference, compared
from sacred.status import ACTIVE
from sacred.stores.store import MALFORMED_DATA_ERRORS, DamagedRunError, RunNotFoundError

__all__ = ["COMPARED_PARTS", "compare_runs"]

#: The parts that can be compared; `metrics` are those of the last, least and largest values.
COMPARED_PARTS = ("outcome", "experiment", "config", "metrics", "sources", "packages", "resources",
                  "host")  # fmt: skip
_MAX_RUNS = 200


def compare_runs(call: Call) -> dict[str, Any]:
    """Return what differs between some runs, and what tells them apart in a legend.

    Args:
        call: with the runs, and the parts that are wanted; runs that are gone or damaged are left
            out, which is said.

    Raises:
        Problem: there is no such store, or there are too many runs.
    """
    names = list(dict.fromkeys(call.values["run"]))
    if len(names) > _MAX_RUNS:
        raise Problem(400, f"at most {_MAX_RUNS} runs can be compared", parameter="run")
    problems: list[str] = []
    runs = []
    for name in names:
        try:
            runs.append(run_of_name(call, name))
        except (RunNotFoundError, DamagedRunError, *MALFORMED_DATA_ERRORS) as error:
            problems.append(str(error))
    records = [run for _, run in runs]
    config = _differences("config", records, problems)
    parts = {
        part: config if part == "config" else _differences(part, records, problems)
        for part in dict.fromkeys(call.values["part"])
    }
    metrics = Counter(name for run in records for name in _metrics(run, problems))
    return {
        "runs": [
            {
                "store": store.key,
                "key": run_key(run.id),
                "id": as_json(run.id),
                "name": run.name,
                "status": run.status,
                "active": run.status in ACTIVE,
            }
            for store, run in runs
        ],
        "metrics": [{"name": name, "runs": count} for name, count in metrics.items()],
        "labels": _labels(records, config),
        "parts": {
            part: [
                {**_entry(found), **_origins(part, found.name, records, problems)}
                for found in entries
            ]
            for part, entries in parts.items()
        },
        "problems": list(dict.fromkeys(problems)),
    }


def _differences(part: str, records: list[RunRecord], problems: list[str]) -> list[Difference]:
    try:
        return [found for found in compared(part, records) if found.differs]
    except (DamagedRunError, *MALFORMED_DATA_ERRORS) as error:
        problems.append(str(error))
        return []


def _metrics(run: RunRecord, problems: list[str]) -> list[str]:
    try:
        return list(run.metrics)
    except (DamagedRunError, *MALFORMED_DATA_ERRORS) as error:
        problems.append(str(error))
        return []


def _labels(records: list[RunRecord], config: list[Difference]) -> list[dict[str, Any]]:
    """Entries that differ, of all runs; first the name of the experiment."""
    names = [run.name for run in records]
    found = [{"name": "name", "values": names}] if len(set(names)) > 1 else []
    by_name = {entry.name: entry for entry in config}
    return found + [_entry(by_name[name]) for name in without_seeds(list(by_name))]


def _origins(
    part: str, name: str, records: list[RunRecord], problems: list[str]
) -> dict[str, list[str | None]]:
    """What has set an entry of the configuration in each run, where that is known."""
    if part != "config":
        return {}
    found: list[str | None] = []
    for run in records:
        try:
            known = run.provenance
        except (DamagedRunError, *MALFORMED_DATA_ERRORS) as error:
            problems.append(str(error))
            known = None
        found.append(str(known[name].origin) if known is not None and name in known else None)
    return {"origins": found} if any(found) else {}


def _entry(found: Difference) -> dict[str, Any]:
    return {"name": found.name, "values": [as_json(value) for value in found.values]}
