"""Ids of runs: numbers in some stores, strings in others, mixed where stores are combined."""

from __future__ import annotations

__all__ = ["RunId", "id_key", "plain_id"]

#: An id is a number in some stores, a string in others.
RunId = int | str

#: Longer ones were chosen by somebody; they are not numbers that a store has counted up to.
_MAX_DIGITS = 18


def plain_id(stored: str) -> RunId:
    """The id of a run whose store has only strings: a number if it looks like one.

    >>> plain_id("12"), plain_id("012"), plain_id("mine")
    (12, '012', 'mine')
    """
    if stored.isdecimal() and stored.isascii() and len(stored) <= _MAX_DIGITS:
        number = int(stored)
        return number if str(number) == stored else stored
    return stored


def id_key(run_id: object) -> tuple[int, float, str]:
    """A key to sort ids with: numbers in their order, then all others as strings.

    >>> sorted([10, "b", "9", 2, "a"], key=id_key)
    [2, '9', 10, 'a', 'b']
    """
    if isinstance(run_id, str):
        run_id = plain_id(run_id)
    if isinstance(run_id, int | float):
        return (0, run_id, "")
    return (1, 0, str(run_id))
