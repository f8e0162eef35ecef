"""New points of a metric that still grows, in small documents that follow its own.

A server writes all of a document again when something is pushed to it, so a document that
grew with every heartbeat would be written hundreds of times. New points therefore go to *tails*,
and are moved to the document at a few of its lengths (`is_due`), and at the end of the run. Then
no tail is left, and the record has its usual form.

While a metric may have tails, its first document has the field ``growing``. The ids of tails
follow from the document that they continue, its length and their number, so a reader finds them
without an index, and nobody finds those that a killed process has moved but not deleted.

>>> from bson import ObjectId
>>> tail_id(ObjectId("65a1b2c3d4e5f60718293a4b"), 100, 0)
ObjectId('65a1b2c3092150197e54a10b')
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from bson import ObjectId

__all__ = [
    "GROWING_FIELD",
    "GROWTH",
    "MAX_PUSHED_POINTS",
    "PART_OF_TAILS",
    "TAIL_FIELD",
    "is_due",
    "tail_id",
    "tails_of",
]

#: The field of a first document whose metric may have tails.
GROWING_FIELD = "growing"
#: The field of a tail: its number.
TAIL_FIELD = "tail"
#: Points are moved when a document has a third of the points that it may have, a ninth, ... A
#: dashboard that does not know tails sees at least a third of the points.
GROWTH = 3
#: A document or a tail gets more points, however few, while it has no more than these: to write
#: some 20 kB again costs less than another document.
MAX_PUSHED_POINTS = 500
#: The ``part`` of the first tail, after all parts that stay, for readers that sort by it.
PART_OF_TAILS = 1_000_000_000
#: A reader does not know how many there are.
_TAILS_AT_ONCE = 50

Found = TypeVar("Found")


def is_due(length: int, stop: int, size: int) -> bool:
    """Return whether to move points from tails to the document.

    A server takes more than twice as long to change a document as to insert one. So the lengths
    are counted from the last one: none is a little shorter.

    Args:
        length: how many points the document has.
        stop: how many it would have.
        size: how many it may have.

    >>> [is_due(length, stop, 90) for length, stop in [(10, 29), (10, 30), (29, 30), (30, 89)]]
    [False, True, False, False]
    """
    due = size
    while due > stop:
        due //= GROWTH
    return stop >= size or (due > length and stop >= 2 * length)


def tail_id(document_id: ObjectId, length: int, number: int) -> ObjectId:
    """Return the id of a tail.

    Args:
        document_id: id of the document that it continues.
        length: the number of points in that document.
        number: of the tail, from 0.

    Returns:
        An id that is as old as the document's.
    """
    # Not at the top: an import of `MongoObserver` does without.
    import hashlib

    from bson import ObjectId

    key = b"%s %d %d" % (document_id.binary, length, number)
    return ObjectId(document_id.binary[:4] + hashlib.sha256(key).digest()[:8])


def tails_of(
    document_id: ObjectId,
    length: int,
    find: Callable[[dict[str, Any]], Iterable[tuple[ObjectId, Found]]],
) -> list[Found]:
    """Return the tails of a document, in order.

    Args:
        document_id: of the document.
        length: how many points it has.
        find: gives the ids and contents of the documents that fulfil a filter.
    """
    tails: list[Found] = []
    while True:
        first = len(tails)
        ids = [tail_id(document_id, length, first + n) for n in range(_TAILS_AT_ONCE)]
        found = dict(find({"_id": {"$in": ids}}))
        for wanted in ids:
            if wanted not in found:
                return tails
            tails.append(found[wanted])
