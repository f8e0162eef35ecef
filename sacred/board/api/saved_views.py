"""Named views of the table: listed, saved, deleted."""

from __future__ import annotations

from typing import Any

from sacred.board.api.operations import Call
from sacred.board.problem_details import Problem

__all__ = ["list_views", "save_view"]

_MAX_NAME_CHARS, _MAX_ADDRESS_CHARS = 80, 20_000


def list_views(call: Call) -> dict[str, Any]:
    """Return the saved views, and whether more can be saved.

    Args:
        call: without parameters.
    """
    views = call.board.views
    return {"views": views.read(), "shared": views.path is not None}


def save_view(call: Call) -> dict[str, Any]:
    """Save a view, or delete it if there is no address.

    Args:
        call: with name and address.
    """
    body = call.fields
    name, address = body.get("name"), body.get("address")
    if not isinstance(name, str) or not name.strip() or len(name) > _MAX_NAME_CHARS:
        raise Problem(422, f"name is a text of at most {_MAX_NAME_CHARS} characters")
    is_text = isinstance(address, str) and len(address) <= _MAX_ADDRESS_CHARS
    if address is not None and not is_text:
        raise Problem(422, f"address is a text of at most {_MAX_ADDRESS_CHARS} characters")
    return {"views": call.board.views.save(name.strip(), address), "shared": True}
