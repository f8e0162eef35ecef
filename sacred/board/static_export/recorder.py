"""Makes the requests that the page would make for some views, and keeps the answers."""

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
    """A view of the page, as described by its URL.

    Args:
        name: the name of the view.
        address: the part of the URL after the question mark.
    """

    name: str
    address: str

    def values(self, name: str) -> list[str]:
        """Return the values of a parameter in the URL."""
        return parse_qs(self.address.lstrip("?")).get(name, [])

    def value(self, name: str, default: str = "") -> str:
        """Return the only value of a parameter in the URL.

        Args:
            name: the name of the parameter.
            default: the value of a missing parameter.
        """
        return next(iter(self.values(name)), default)


class LocalApi:
    """The operations of a board without a server.

    Args:
        board: the board.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._operations = {operation.name: operation for operation in OPERATIONS}

    def ask(self, operation: str, path: dict[str, str] | None = None, **given: Any) -> Any:
        """Call an operation and return its result.

        Args:
            operation: the name of the operation.
            path: the parameters in its path.
            given: the parameters by name.
        """
        found = self._operations[operation]
        wanted = {name: value for name, value in given.items() if value is not None}
        values = {one.name: [] if one.many else one.default for one in found.parameters}
        call = Call(board=self._board, path=path or {}, values={**values, **wanted}, headers={})
        return found.serve(call)

    def comparison(self, keys: Sequence[str]) -> Any:
        """Return what differs between some runs, in all parts."""
        return self.ask("compareRuns", run=list(keys), part=list(COMPARED_PARTS))

    def curves(self, operation: str, **given: Any) -> list[dict[str, Any]]:
        """Return curves, with their columns packed.

        Args:
            operation: the operation of the API that returns them.
            **given: the parameters.
        """
        return packed_curves(bytes(self.ask(operation, **given).body))


def chosen_views(wanted: Sequence[str] | None, saved: Sequence[Mapping[str, str]]) -> list[View]:
    """Return the views to copy.

    Args:
        wanted: names of saved views, or the parts of URLs after a question mark; None for all saved
            views.
        saved: the saved views, with name and address.

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
        content: the content of a response of `series`.
    """
    curves = []
    for about, columns in _unpacked(content):
        named = dict(zip(_COLUMNS, columns, strict=True))
        last = named["last"]
        kept = {name: column for name, column in named.items() if name == "last" or column != last}
        texts = {name: base64.b64encode(column).decode("ascii") for name, column in kept.items()}
        curves.append({**{name: about[name] for name in _ABOUT if name in about}, **texts})
    return curves
