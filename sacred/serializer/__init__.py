"""The plain JSON form of values, and the safe way back.

| module | what it holds |
|---|---|
| `array_likes` | tensors of any library, as numbers and numpy arrays |
| `arrays` | numpy's arrays, scalars and dtypes, in jsonpickle's form |
| `axes` | pandas' indices: those on their own, and the axes of frames |
| `dates` | dates, times and time spans, in jsonpickle's form |
| `escaped_text` | strings with lone surrogates, which UTF-8, strict JSON and MongoDB lack |
| `extension_arrays` | pandas' own dtypes, and arrays of them |
| `field_objects` | objects that consist of their fields: dataclasses and namespaces |
| `foreign` | objects of users' own classes, which jsonpickle writes |
| `frames` | pandas' frames, series and all its other data |
| `inner_text` | parts of objects that jsonpickle stores as JSON text |
| `json_text` | JSON text that every JSON reader can read, NaN and infinity included |
| `object_text` | texts that stand for objects that cannot be restored from stored data |
| `pandas_scalars` | pandas' timestamps, time spans, periods, intervals and missing values |
| `protocol` | how the code for one kind of objects restores their parts |
| `reading` | from plain data back to values, without trusting them |
| `standard_types` | paths, exact numbers, ids, ranges, addresses and enumerations |
| `standard_values` | values of the standard library, and how data become them again |
| `tags` | the tags: keys of dicts that stand for something else |
| `writing` | from values to plain data |

`flatten` turns a value into what JSON can hold; `restore` is the inverse.
Values that are not plain have jsonpickle's form::

    >>> flatten({"size": (1, 2), 3: "three"})
    {'size': {'py/tuple': [1, 2]}, 'json://3': 'three'}
    >>> restore({"size": {"py/tuple": [1, 2]}, "json://3": "three"})
    {'size': (1, 2), 3: 'three'}

`restore` never runs code that the data name: it makes plain data, tuples,
sets, bytes, complex numbers, dates and times, paths, exact numbers, UUIDs, network
addresses, ranges and slices, numpy arrays, scalars and dtypes, pandas frames, series and
indices. Any other tag is an `UnsafeDataError`::

    >>> restore({"x": {"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["ls"]}]}})
    Traceback (most recent call last):
        ...
    sacred.serializer.UnsafeDataError: refused to restore data at x: py/reduce of 'os.system' \
is not allowed (only plain data, tuples, sets, dates, numpy and pandas values are)

`dumps` and `loads` work with JSON *text*. JSON has no NaN and no infinity; the text has
``{"py/float": "NaN"}`` (or ``"Infinity"``, ``"-Infinity"``) instead, which every JSON
reader can read and `restore` understands::

    >>> dumps({"loss": float("nan")})
    '{"loss": {"py/float": "NaN"}}'
"""

from __future__ import annotations

import importlib
import json as standard_json
from typing import TYPE_CHECKING, Any

from sacred._base.errors import UnsafeDataError
from sacred.serializer.foreign import register_handlers
from sacred.serializer.json_text import to_json
from sacred.serializer.writing import flatten, flatten_rest, is_plain

if TYPE_CHECKING:
    from sacred.serializer.reading import restore

__all__ = ["UnsafeDataError", "dumps", "flatten", "is_plain", "loads", "restore"]

register_handlers(flatten)


def dumps(obj: Any, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """Return the JSON text of a value.

    Args:
        obj: flattened data (its tags stay as they are) or any other value
            (which is flattened on the way).
        indent: as for `json.dumps`.
        sort_keys: as for `json.dumps`.

    >>> dumps({"a": (1,)}) == dumps(flatten({"a": (1,)}))
    True
    """
    return to_json(flatten_rest(obj), indent=indent, sort_keys=sort_keys)


def loads(text: str | bytes) -> Any:
    """Return the value of a JSON text that `dumps` has written; see `restore`.

    Raises:
        UnsafeDataError: it has tags that are not allowed.
        ValueError: it is not JSON, or nested too deeply.

    >>> loads(dumps({1: {"x"}, "inf": float("inf")}))
    {1: {'x'}, 'inf': inf}
    """
    # Not at the top: a run writes, and reads nothing.
    from sacred.serializer.reading import restore

    try:
        return restore(standard_json.loads(text))
    except RecursionError:
        raise ValueError("the JSON text is nested too deeply") from None


def __getattr__(name: str) -> Any:
    # Lazy: a run writes and reads nothing.
    if name == "restore":
        function = importlib.import_module("sacred.serializer.reading").restore
        globals()["restore"] = function
        return function
    # `sacred.serializer.json` is jsonpickle, loaded on use.
    if name == "json":
        return importlib.import_module("jsonpickle")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
