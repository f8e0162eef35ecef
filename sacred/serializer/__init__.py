"""The plain JSON form of values, and the safe way back.

| module | what it holds |
|---|---|
| `array_likes` | tensors of any library, as numbers and arrays of numpy |
| `arrays` | Numpy's arrays, scalars and dtypes, in jsonpickle's form |
| `axes` | Pandas' indices: those that stand alone, and the axes of frames |
| `dates` | dates, times and time spans, in jsonpickle's form |
| `escaped_text` | texts with lone surrogates, which neither UTF-8 nor strict JSON nor MongoDB has |
| `extension_arrays` | Pandas' own dtypes, and arrays of them |
| `field_objects` | objects that are their fields: dataclasses and namespaces |
| `foreign` | objects of users' own classes: jsonpickle writes them |
| `frames` | Pandas' frames, series and everything else of pandas' that is data |
| `inner_text` | texts inside of objects, which jsonpickle stores as JSON text |
| `json_text` | JSON text that every JSON reader can read, NaN and infinity included |
| `object_text` | texts that stand for objects that cannot be made again from stored data |
| `pandas_scalars` | Pandas' time stamps, spans, periods, intervals and missing values |
| `protocol` | what the code for one kind of objects asks of the journey that it is part of |
| `reading` | from plain data back to values, without trusting them |
| `standard_types` | paths, exact numbers, ids, ranges, addresses and enumerations |
| `standard_values` | values of the standard library: how each becomes data, and back |
| `tags` | the tags: keys of a dict that stands for something else |
| `writing` | from values to plain data |

`flatten` turns a value into what JSON can hold; `restore` is the inverse. The
form of what is not plain is jsonpickle's::

    >>> flatten({"size": (1, 2), 3: "three"})
    {'size': {'py/tuple': [1, 2]}, 'json://3': 'three'}
    >>> restore({"size": {"py/tuple": [1, 2]}, "json://3": "three"})
    {'size': (1, 2), 3: 'three'}

`restore` never runs code that the data ask for: it makes plain data, tuples,
sets, bytes, complex numbers, dates and times, paths, exact numbers, UUIDs, network
addresses, ranges and slices, numpy arrays, scalars and dtypes, pandas frames, series and
indices. Any other tag is an `UnsafeDataError`::

    >>> restore({"x": {"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["ls"]}]}})
    Traceback (most recent call last):
        ...
    sacred.serializer.UnsafeDataError: refused to restore data at x: py/reduce of 'os.system' \
is not allowed (only plain data, tuples, sets, dates, numpy and pandas values are)

`dumps` and `loads` go to JSON *text*. JSON has no NaN and no infinity; the text
has ``{"py/float": "NaN"}`` (or ``"Infinity"``, ``"-Infinity"``) there, which
every JSON reader can read and `restore` understands::

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
    """JSON text of a value.

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
    """The value of a JSON text that `dumps` wrote; see `restore`.

    Raises:
        UnsafeDataError: it has tags that are not allowed.
        ValueError: it is no JSON, or nested too deeply.

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
