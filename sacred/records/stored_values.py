"""Restore stored values to Python values, as far as that is safe.

One entry that cannot be restored (a pickled object of the user's own class, say) must not
make the run unreadable: it stays in its stored, plain form. So do dataclasses, whatever this
process has imported, because queries look for their fields both in the store and here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sacred._base.errors import UnsafeDataError
from sacred._base.paths import join_paths
from sacred.serializer import restore

__all__ = ["SHOWN_AS_STORED", "restored"]

#: What all remarks on values that were not restored say.
SHOWN_AS_STORED = "is shown as it is stored"


def restored(plain: Any, report: Callable[[str], None], path: str = "") -> Any:
    """Restore a stored value as far as that is safe; other parts stay as they are stored.

    Args:
        plain: the stored form.
        report: receives a sentence for each part that is refused, with its path.
        path: the path of the value in its document (default: the top).

    >>> said = []
    >>> restored({"a": {"py/tuple": [1]}, "b": {"py/object": "my.Model"}}, said.append)
    {'a': (1,), 'b': {'py/object': 'my.Model'}}
    >>> said
    ["b is shown as it is stored: py/object of 'my.Model' is not allowed"]
    """
    try:
        return restore(plain, with_objects=False, with_names=True)
    except UnsafeDataError as error:
        if isinstance(plain, dict) and not _is_tagged(plain) and not _has_references(plain):
            return {
                key: restored(item, report, join_paths(path, str(key)))
                for key, item in plain.items()
            }
        if isinstance(plain, list) and not _has_references(plain):
            return [
                restored(item, report, join_paths(path, str(n))) for n, item in enumerate(plain)
            ]
        report(f"{path or 'it'} {SHOWN_AS_STORED}: {_reason(error)}")
        return plain


def _reason(error: UnsafeDataError) -> str:
    text = str(error).partition(": ")[2] or str(error)
    return text.partition(" (only plain data")[0]


def _is_tagged(plain: dict[Any, Any]) -> bool:
    return any(isinstance(key, str) and key.startswith(("py/", "json://")) for key in plain)


def _has_references(plain: Any) -> bool:
    # {"py/id": 3} counts the objects of the whole: within a part it would name another one.
    if isinstance(plain, dict):
        return "py/id" in plain or any(map(_has_references, plain.values()))
    return isinstance(plain, list) and any(map(_has_references, plain))
