"""Arrays that get many more elements, without an object for each of those that they have.

A server takes 3 µs for each element that it pushes to an array, and 0.4 for each of one
that it gets as a whole. So a client reads the encoded array, puts the new elements behind, and
sets it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred.stores.mongo.bson_columns import elements_of
from sacred.stores.mongo.bson_times import (
    ARRAY,
    DOCUMENT,
    array_elements,
    column_of,
    document_of,
    field_of,
)

if TYPE_CHECKING:
    from bson import CodecOptions

__all__ = ["columns_in", "setting_longer"]


def columns_in(
    document: bytes | memoryview, names: Sequence[str], options: CodecOptions[Any]
) -> dict[str, Sequence[Any]]:
    """Arrays of a document: numbers and times of one type as such columns, others as lists.

    Args:
        document: BSON.
        names: of the arrays.
        options: by which the driver decodes the others.

    >>> import bson
    >>> options = bson.codec_options.DEFAULT_CODEC_OPTIONS
    >>> columns_in(bson.encode({"a": [1, 2], "b": [1, "x"]}), ["a", "b"], options)
    {'a': array('i', [1, 2]), 'b': [1, 'x']}
    """
    import bson

    try:
        known = {name: text for name, kind, text in elements_of(memoryview(document))}
    except (LookupError, ValueError):
        known = {}
    columns: dict[str, Sequence[Any]] = {}
    for name in names:
        column = column_of(bytes(known[name])) if name in known else None
        if column is not None:
            columns[name] = column
    if len(columns) < len(names):
        decoded = bson.decode(document, options)
        columns = {name: decoded[name] for name in names} | columns
    return columns


def setting_longer(
    document: bytes | memoryview,
    arrays: Mapping[str, Sequence[Any]],
    start: int,
    options: CodecOptions[Any],
) -> Mapping[str, Any] | None:
    """The update that sets arrays of a document to longer ones.

    Args:
        document: BSON; it has the arrays, each with `start` elements.
        arrays: what follows in each of them.
        start: the key of the first new element.
        options: by which the driver encodes elements.

    Returns:
        None: there is something else in the document.

    Raises:
        bson.errors.InvalidDocument: BSON has no form for an element.
        OverflowError: an integer is too large.

    >>> import bson
    >>> options = bson.codec_options.DEFAULT_CODEC_OPTIONS
    >>> update = setting_longer(bson.encode({"a": [1, 2]}), {"a": [3.5]}, 2, options)
    >>> bson.decode(update.raw)
    {'$set': {'a': [1, 2, 3.5]}}
    """
    from bson.raw_bson import RawBSONDocument

    try:
        known = {name: (kind, text) for name, kind, text in elements_of(memoryview(document))}
        if any(known[name][0] != ARRAY for name in arrays):
            return None
    except (LookupError, ValueError):
        return None
    fields = [
        field_of(
            ARRAY,
            name,
            document_of([known[name][1][4:-1], *array_elements(more, start, options)]),
        )
        for name, more in arrays.items()
    ]
    return RawBSONDocument(document_of([field_of(DOCUMENT, "$set", document_of(fields))]))
