"""Mean curves of groups of runs, as binary numbers in the form of `series`."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sacred.board.api.group_statistics import band_of
from sacred.board.api.operations import Call
from sacred.board.api.run_groups import group_runs
from sacred.board.api.series import points_of, series_response
from sacred.board.problem_details import Problem
from sacred.display.value_text import as_json
from sacred.runs.groups import Part
from sacred.stores.store import MALFORMED_DATA_ERRORS, StoreError

__all__ = ["read_group_curves"]

_MAX_CURVES = 400


def read_group_curves(call: Call) -> Response:
    """Return the mean of metrics over the members of each group, with a band around it.

    The five columns of a curve are x, the number of members, the mean, and both ends of the band.

    Args:
        call: with the query, the fields, metrics, what x is and the statistic.

    Raises:
        Problem: no field is given, or there are too many curves.
    """
    grouped = group_runs(call, ())
    names = list(dict.fromkeys(call.values["name"]))
    wanted = set(call.values["group"])
    parts = [
        (number, part)
        for number, part in enumerate(grouped.parts)
        if not wanted or number in wanted
    ]
    if len(parts) * len(names) > _MAX_CURVES:
        raise Problem(400, f"at most {_MAX_CURVES} curves of groups at once")
    about: list[dict[str, Any]] = []
    columns: list[Any] = []
    for number, part in parts:
        for name in names:
            about.append({"group": number, **_curve(call, part, name, columns)})
    return series_response(about, columns)


def _curve(call: Call, part: Part, name: str, columns: list[Any]) -> dict[str, Any]:
    values = call.values
    curves, problems = [], []
    for key, run in part.runs:
        try:
            x, y = points_of(run, name, values["x"], values["from"], values["to"])
        except (KeyError, StoreError, *MALFORMED_DATA_ERRORS) as error:
            problems.append(f"{key}: {error.args[0] if isinstance(error, KeyError) else error}")
            continue
        curves.append((x, y))
    band = band_of(curves, values["buckets"], values["statistic"])
    columns += (band.x, band.count, band.mean, band.low, band.high)
    return {
        "name": name,
        "values": [as_json(value) for value in part.values],
        "members": len(curves),
        "buckets": len(band.x),
        "points": sum(len(x) for x, _ in curves),
        "gaps": [],
        "error": problems[0] if problems and not curves else None,
    }
