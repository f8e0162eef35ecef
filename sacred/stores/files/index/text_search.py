"""Searching for a text alone in what the index has of a run; see `sacred.query.evaluate`.

Strings are compared by Python, because SQLite has another idea of lower case. Numbers and times
are not searched: the index lacks their texts, and so does not know what may occur in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sacred.query.predicates import OF_NUMBERS
from sacred.stores.files.index.rows import (
    CUT_CONTAINER,
    FLAG,
    NOTHING,
    OPAQUE_VALUE,
    OTHER,
    TEXT,
)

__all__ = ["search_condition"]

#: Fields that are searched as a whole, the trees of which keys and leaves are, and one entry.
_FIELDS = frozenset({"name", "command", "group", "comment", "notes", "fail_trace"})
_TREES = frozenset({"config", "result"})
_HOST = ("host", "hostname")

Paths = Iterable[tuple[int, tuple[str, ...]]]


def search_condition(
    wanted: str, paths: Paths, status: str, function: Callable[[Callable[[str], int]], str]
) -> str | None:
    """Return the condition as SQL: 1, 0, or NULL where it is not known; None: it never is.

    Args:
        wanted: the text.
        paths: all paths, with their numbers.
        status: SQL for the status of a run.
        function: makes a Python function available in SQL, and returns its name there.
    """
    wanted = wanted.lower()
    if OF_NUMBERS.issuperset(wanted):
        return None
    known = list(paths)
    has_text = function(lambda text: int(wanted in text.lower()))
    searched = [number for number, steps in known if _is_searched(steps)]
    found = [
        f"{has_text}({status})",
        f"{has_text}(run.name)",
        _some(searched, f"kind = {TEXT} AND {has_text}(value)"),
        _some((number for number, steps in known if _is_name(wanted, steps)), "1"),
    ]
    found += [
        _some(searched, f"kind = {FLAG} AND value = {value}")
        for word, value in (("true", 1), ("false", 0))
        if wanted in word
    ]
    in_it = [number for number, steps in known if _is_searched(steps) or steps == _HOST[:1]]
    odd = _some(
        in_it,
        f"(kind IN ({OPAQUE_VALUE}, {CUT_CONTAINER}) OR kind = {OTHER} AND value IS NOT NULL)",
    )
    host = [number for number, steps in known if steps == _HOST]
    odd_host = _some(host, f"kind NOT IN ({TEXT}, {NOTHING})")
    is_found = " OR ".join(f"IFNULL({test}, 0)" for test in found)
    return f"(CASE WHEN {is_found} THEN 1 WHEN {odd} OR {odd_host} THEN NULL ELSE 0 END)"


def _is_searched(steps: tuple[str, ...]) -> bool:
    """Whether the values of a path are looked at."""
    return steps[0] in _TREES or steps == _HOST or (len(steps) == 1 and steps[0] in _FIELDS)


def _is_name(wanted: str, steps: tuple[str, ...]) -> bool:
    """Whether a path is that of a tag, or of a key in a tree, which has the text in it.

    The numbers of items of lists are not meant: there is more in the text than digits.
    """
    is_named = len(steps) > 1 and (steps[0] in _TREES or steps[0] == "tags")
    return is_named and wanted in steps[-1].lower()


def _some(paths: Iterable[int], test: str) -> str:
    numbers = ", ".join(map(str, paths))
    return f"run.n IN (SELECT n FROM entry WHERE path IN ({numbers}) AND {test})"
