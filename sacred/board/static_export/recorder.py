"""Asks the API what the page would ask, for some views, and keeps the answers."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from sacred._base.frozen import Frozen
from sacred._base.text import did_you_mean
from sacred.board.api.context import Board
from sacred.board.api.operations import Call
from sacred.board.api.routes import OPERATIONS
from sacred.board.api.run_comparison import COMPARED_PARTS
from sacred.runs.errors import UsageError

__all__ = ["LocalApi", "View", "chosen_views"]

#: What a page asks of a curve.
_ABOUT = ("group", "name", "buckets", "points", "gaps", "error")
_COLUMNS = ("x", "first", "last", "low", "high")


class View(Frozen):
    """What a page shows, as its address says it.

    Args:
        name: of the view.
        address: the part behind the question mark.
    """

    name: str
    address: str

    def values(self, name: str) -> list[str]:
        """The values of a parameter of the address."""
        return parse_qs(self.address.lstrip("?")).get(name, [])

    def value(self, name: str, default: str = "") -> str:
        """Return the only value of a parameter of the address.

        Args:
            name: of the parameter.
            default: what stands for one that is not there.
        """
        return next(iter(self.values(name)), default)


class LocalApi:
    """The operations of a board without a server.

    Args:
        board: whose stores are asked.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._operations = {operation.name: operation for operation in OPERATIONS}

    def ask(self, operation: str, path: dict[str, str] | None = None, **given: Any) -> Any:
        """Return what an operation returns.

        Args:
            operation: its name.
            path: the parameters in its path.
            given: parameters by name.
        """
        found = self._operations[operation]
        wanted = {name: value for name, value in given.items() if value is not None}
        values = {one.name: [] if one.many else one.default for one in found.parameters}
        call = Call(board=self._board, path=path or {}, values={**values, **wanted}, headers={})
        return found.serve(call)

    def comparison(self, keys: Sequence[str]) -> Any:
        """What differs between some runs, in all parts."""
        return self.ask("compareRuns", run=list(keys), part=list(COMPARED_PARTS))

    def curves(self, operation: str, **given: Any) -> list[dict[str, Any]]:
        """Return curves, with their columns packed.

        Args:
            operation: the operation of the API that gives them.
            **given: its parameters.
        """
        return packed_curves(bytes(self.ask(operation, **given).body))


def chosen_views(wanted: Sequence[str] | None, saved: Sequence[Mapping[str, str]]) -> list[View]:
    """Return the views that are to be copied.

    Args:
        wanted: names of saved ones, or addresses behind a question mark; None: all saved ones.
        saved: with name and address.

    Raises:
        UsageError: there is no such view.
    """
    known = {one["name"]: View(name=one["name"], address=one["address"]) for one in saved}
    if wanted is None:
        return list(known.values())
    found = []
    for number, name in enumerate(wanted, 1):
        _, mark, address = name.partition("?")
        if mark and name not in known:
            found.append(View(name=f"View {number}", address=address))
        elif name in known:
            found.append(known[name])
        else:
            hint = did_you_mean(name, known)
            raise UsageError(f"there is no saved view {name!r}. {hint}".rstrip())
    return found


def _unpacked(content: bytes) -> list[tuple[dict[str, Any], list[bytes]]]:
    """Return what a response of `series` says of each curve, and its five columns.

    Args:
        content: of the response.
    """
    (length,) = struct.unpack_from("<I", content)
    place = 4 + length
    found = []
    for about in json.loads(content[4:place])["series"]:
        size = 8 * about["buckets"]
        columns = [content[place + n * size : place + (n + 1) * size] for n in range(5)]
        place += 5 * size
        found.append((about, columns))
    return found


def packed_curves(content: bytes) -> list[dict[str, Any]]:
    """Return curves as JSON: columns in base64, without those that are equal to ``last``.

    Args:
        content: of a response of `series`.
    """
    curves = []
    for about, columns in _unpacked(content):
        named = dict(zip(_COLUMNS, columns, strict=True))
        last = named["last"]
        kept = {name: column for name, column in named.items() if name == "last" or column != last}
        texts = {name: base64.b64encode(column).decode("ascii") for name, column in kept.items()}
        curves.append({**{name: about[name] for name in _ABOUT if name in about}, **texts})
    return curves
