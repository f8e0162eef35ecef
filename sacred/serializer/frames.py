"""Pandas' frames, series and all its other data.

The form is the one that jsonpickle's handlers for pandas write and read. Where it
is not enough (a dtype that is not numpy's, the frequency of an index, ...), the
rest is under the key ``exact``, which `restore` uses and jsonpickle ignores::

    >>> import pandas as pd
    >>> from sacred.serializer import flatten, restore
    >>> flat = flatten(pd.DataFrame({"n": pd.array([1, 2], dtype="Int64")}))
    >>> flat["values"], flat["exact"]
    ('{"n": [1, 2]}', {'dtypes': {'0': 'Int64'}})
    >>> restore(flat).dtypes["n"]
    Int64Dtype()

Three things differ from what jsonpickle itself would write:

- Frames that it cannot write (column names that are not unique) or only with
  a loss (numbers longer than 64 bits) become a list of columns. Only `restore`
  reads those.
- Its short codes for dtypes (``pd/i``, ``pd/f``, ...) mean a different dtype in
  each process; only codes that mean the same in all of them are written, and the
  short ones are not trusted.
- Arrays are never views of others, nothing refers to anything (``py/id``), and
  the items of columns that hold containers keep keys that are not strings.
"""

from __future__ import annotations

import re
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from sacred.serializer.arrays import flatten_array
from sacred.serializer.axes import (
    axis_facts,
    flatten_index,
    flatten_name,
    make_axis,
    make_levels,
    restore_index,
    restore_name,
)
from sacred.serializer.extension_arrays import (
    ARRAY_CALLS,
    ARRAY_READERS,
    dtype_reader,
    flatten_dtype,
    flatten_dtype_object,
    flatten_extension_array,
    flatten_native_array,
    make_array,
    read_dtype,
)
from sacred.serializer.inner_text import inner_text, packed, read_inner, unpacked
from sacred.serializer.pandas_scalars import SCALAR_CALLS, SCALAR_READERS, flatten_scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sacred.serializer.protocol import Reader, ReadObject, ReadReduced

__all__ = ["flatten_pandas", "pandas_call", "pandas_reader"]

_NAME = re.compile(r"pandas(\.\w+)*\.(?P<cls>\w+)")


def flatten_pandas(value: Any, flatten: Callable[[Any], Any]) -> Any:
    """Return the plain form of a pandas object, or `NotImplemented` for one that is not handled.

    Args:
        value: the value.
        flatten: makes the plain form of its parts.
    """
    # Not at the top, as others below: pandas is optional, and slow to load.
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return _flatten_frame(value, flatten)
    if isinstance(value, pd.Series):
        return _flatten_series(value, flatten)
    if isinstance(value, pd.Index):
        return flatten_index(value, flatten)
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return flatten_extension_array(value, flatten)
    if isinstance(value, pd.api.extensions.ExtensionDtype):
        return flatten_dtype_object(value, flatten)
    return flatten_scalar(value, flatten)


def pandas_reader(name: str) -> ReadObject | None:
    """Return what restores objects of a pandas class; None if they are not allowed."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    cls = match["cls"]
    if re.fullmatch(r"\w*Index", cls):
        return restore_index
    return _READERS.get(cls) or dtype_reader(cls)


def pandas_call(name: str) -> ReadReduced | None:
    """Return what makes the object that a call of pandas' function `name` would make, or None."""
    match = _NAME.fullmatch(name)
    return _CALLS.get(match["cls"]) if match else None


# ----------------------------------------------------------------------- series


def _flatten_series(series: Any, flatten: Callable[[Any], Any]) -> dict[str, Any]:
    values, dtype = _flatten_values(series, flatten)
    flat = {
        "py/object": "pandas.Series",
        "name": flatten_name(series.name, flatten),
        "index": flatten_index(series.index, flatten),
        "values": values,
    }
    if dtype is not None:
        flat["exact"] = {"dtype": dtype}
    return flat


def _flatten_values(series: Any, flatten: Callable[[Any], Any]) -> tuple[Any, Any]:
    """The items, and the dtype if they do not imply it."""
    import numpy as np
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, np.dtype):
        items = series.to_numpy()
        flat = flatten_array(items, flatten, finite=True)
        # Pandas may guess something better than that the objects are objects.
        is_guessed = dtype.kind != "O" or pd.Series(items).dtype == dtype
        return flat, None if is_guessed else "object"
    # Text becomes text again by itself, mostly, and needs no NaN in its form then.
    if str(dtype) != "str" or pd.Series(series.to_numpy(dtype=object)).dtype != dtype:
        array, exact = series.array, None
        if str(dtype) == "string" and dtype.storage == "pyarrow":
            # jsonpickle loses all that Arrow holds, but knows text that Python holds.
            array = pd.array(series.to_numpy(dtype=object), dtype=pd.StringDtype("python"))
            exact = flatten_dtype(dtype, flatten)
        native = flatten_native_array(array, flatten)
        if native is not None:
            return native, exact
    if isinstance(dtype, pd.DatetimeTZDtype):
        items = series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()  # as `values` has it
    else:
        items = series.to_numpy(dtype=object)
    return flatten_array(items, flatten, finite=True), flatten_dtype(dtype, flatten)


def _restore_series(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import numpy as np
    import pandas as pd

    index = reader.restore(flat["index"])
    values = reader.restore(flat["values"])
    called = restore_name(flat["name"], reader)
    exact = (flat.get("exact") or {}).get("dtype")
    if exact is None:
        return pd.Series(values, index=index, name=called)
    dtype = read_dtype(exact, reader)
    if isinstance(dtype, pd.DatetimeTZDtype) and values.dtype.kind == "M":
        series = pd.Series(values).dt.tz_localize("UTC").dt.tz_convert(dtype.tz)
        values = series.array
    elif isinstance(values, np.ndarray) or values.dtype != dtype:
        values = make_array(list(values), dtype)
    return pd.Series(values, index=index, name=called)


# ----------------------------------------------------------------------- frames


def _flatten_frame(frame: Any, flatten: Callable[[Any], Any]) -> dict[str, Any]:
    import pandas as pd

    columns = [frame.iloc[:, n] for n in range(frame.shape[1])]
    if not _fits(frame, columns):
        return {
            "py/object": "pandas.DataFrame",
            "columns": flatten_index(frame.columns, flatten),
            "index": flatten_index(frame.index, flatten),
            "data": [_flatten_column(column, flatten) for column in columns],
        }
    codes, dtypes, data = [], {}, {}
    for n, (label, column) in enumerate(zip(frame.columns, columns, strict=True)):
        code, exact = _code(column.dtype, flatten)
        items = column.tolist()
        if code == "np/o" and _has_containers(items):
            code = "py/jp"
            items = [inner_text(flatten(item)) for item in items]
        codes.append(code)
        data[label] = items
        if exact is not None:
            dtypes[str(n)] = exact
    flat = {
        "py/object": "pandas.DataFrame",
        **packed(inner_text(flatten(data))),
        "meta": {
            "dtypes_rle": _run_lengths(codes),
            "index": inner_text(flatten(frame.index.tolist())),
            "index_names": _flatten_names(frame.index, flatten),
            "columns": inner_text(flatten(frame.columns.tolist())),
            "column_names": _flatten_names(frame.columns, flatten),
            "is_multiindex": isinstance(frame.index, pd.MultiIndex),
            "is_multicolumns": isinstance(frame.columns, pd.MultiIndex),
        },
    }
    facts = {
        "dtypes": dtypes,
        "index": axis_facts(frame.index, flatten),
        "columns": axis_facts(frame.columns, flatten),
    }
    if exact := {key: fact for key, fact in facts.items() if fact}:
        flat["exact"] = exact
    return flat


def _fits(frame: Any, columns: list[Any]) -> bool:
    """Whether jsonpickle's form can hold the columns."""
    import numpy as np

    return bool(frame.columns.is_unique) and not any(
        isinstance(column.dtype, np.dtype) and column.dtype.char in "gG" for column in columns
    )


def _flatten_names(index: Any, flatten: Callable[[Any], Any]) -> Any:
    import pandas as pd

    if isinstance(index, pd.MultiIndex):
        return [flatten_name(name, flatten) for name in index.names]
    return flatten_name(index.name, flatten)


def _flatten_column(column: Any, flatten: Callable[[Any], Any]) -> dict[str, Any]:
    import numpy as np

    if isinstance(column.dtype, np.dtype):
        return flatten_array(column.to_numpy(), flatten)
    dtype = flatten_dtype(column.dtype, flatten)
    return {"dtype": dtype, "values": flatten(column.tolist())}


def _has_containers(items: list[Any]) -> bool:
    import numpy as np

    return any(isinstance(item, list | dict | set | tuple | np.ndarray) for item in items)


def _code(dtype: Any, flatten: Callable[[Any], Any]) -> tuple[str, Any]:
    """Jsonpickle's code for a dtype; the dtype itself if the code does not imply it."""
    import numpy as np
    import pandas as pd

    if isinstance(dtype, np.dtype):
        if dtype.name in _CODES:
            return _CODES[dtype.name], None
        if dtype.kind in "mM":
            return f"np/{_TIME_LETTERS[dtype.kind]}64[{np.datetime_data(dtype)[0]}]", None
    elif str(dtype) == "str":
        return "np/s", None
    elif isinstance(dtype, pd.CategoricalDtype):
        return "pd/c", flatten_dtype(dtype, flatten)
    elif isinstance(dtype, pd.IntervalDtype):
        return "pd/in", flatten_dtype(dtype, flatten)
    elif str(dtype) == "boolean":
        return "pd/b", "boolean"
    return "object", flatten_dtype(dtype, flatten)


_CODES = {
    "object": "np/o",
    "bool": "np/b",
    "float16": "np/f",
    "complex64": "np/c",
    "complex128": "np/c128",
    **{
        f"{kind}{bits}": f"pd/{kind[0]}{bits}"
        for kind in ("int", "uint")
        for bits in (8, 16, 32, 64)
    },
    "float32": "pd/f32",
    "float64": "pd/f64",
}
_DTYPES = {code: dtype for dtype, code in _CODES.items()}
_DTYPES |= {"pd/c": "category", "pd/b": "boolean", "pd/u": "uint64", "pd/f": "float64"}
_TIME_LETTERS = {"M": "d", "m": "t"}
_TIME_CODE = re.compile(r"np/([dt])64\[(\w+)\]")


def _dtype_of_code(code: Any) -> str | None:
    """The dtype that jsonpickle's code means; None if pandas has to guess."""
    if match := _TIME_CODE.fullmatch(str(code)):
        return f"{'datetime' if match[1] == 'd' else 'timedelta'}64[{match[2]}]"
    if code == "np/s":
        import pandas as pd

        return "str" if "str" in str(pd.Index(["a"]).dtype) else "object"
    if code in ("object", "py/jp"):
        return "object"
    return _DTYPES.get(code)


def _run_lengths(codes: list[str]) -> list[list[Any]]:
    """Jsonpickle's list of dtypes.

    >>> _run_lengths(["a", "a", "b"])
    [['a', 2], ['b', 1]]
    """
    runs: list[list[Any]] = []
    for code in codes:
        if runs and runs[-1][0] == code:
            runs[-1][1] += 1
        else:
            runs.append([code, 1])
    return runs


def _restore_frame(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    if "data" in flat:
        columns, index = reader.restore(flat["columns"]), reader.restore(flat["index"])
        return _frame((_restore_column(part, reader) for part in flat["data"]), columns, index)
    meta, exact = flat["meta"], flat.get("exact") or {}
    if "dtypes_rle" not in meta:
        raise ValueError("frames written by jsonpickle before 3.4 cannot be read")
    labels = read_inner(meta["columns"], reader)
    rows = read_inner(meta["index"], reader)
    if sum(count for _, count in meta["dtypes_rle"]) != len(labels):
        raise ValueError("one dtype for each column is expected")
    codes = chain.from_iterable(repeat(code, count) for code, count in meta["dtypes_rle"])
    stored = read_inner(unpacked(flat), reader)
    dtypes = exact.get("dtypes", {})
    data = [
        _restore_items(_column_of(stored, label), code, dtypes.get(str(n)), reader)
        for n, (label, code) in enumerate(zip(labels, codes, strict=True))
    ]
    columns = _restore_axis(
        labels,
        meta.get("column_names"),
        meta.get("is_multicolumns"),
        exact.get("columns", {}),
        reader,
    )
    index = _restore_axis(
        rows, meta.get("index_names"), meta.get("is_multiindex"), exact.get("index", {}), reader
    )
    return _frame(data, columns, index)


def _frame(data: Iterable[Any], columns: Any, index: Any) -> Any:
    import pandas as pd

    # By number first: names of columns need not be unique.
    series = {n: pd.Series(column, index=index) for n, column in enumerate(data)}
    frame = pd.DataFrame(series, index=index)
    frame.columns = columns
    return frame


def _restore_column(flat: Any, reader: Reader) -> Any:
    if isinstance(flat, dict) and set(flat) == {"dtype", "values"}:
        items = reader.restore(flat["values"])
        return (
            items if flat["dtype"] is None else make_array(items, read_dtype(flat["dtype"], reader))
        )
    return reader.restore(flat)


def _column_of(stored: dict[Any, Any], label: Any) -> Any:
    if label != label:  # NaN is no good key
        return next(items for key, items in stored.items() if key != key)
    return stored[label]


def _restore_items(items: list[Any], code: Any, exact: Any, reader: Reader) -> Any:
    import pandas as pd

    if code == "py/jp":  # each item a text of its own
        items = [read_inner(item, reader) for item in items]
    if exact is not None:
        return make_array(items, read_dtype(exact, reader))
    dtype = _dtype_of_code(code)
    try:
        return pd.Series(items, dtype=dtype).array
    except (TypeError, ValueError, OverflowError):
        return pd.Series(items).array  # as jsonpickle: the values are right, if not their dtype


def _restore_axis(
    items: list[Any], names: Any, is_multi: Any, facts: dict[str, Any], reader: Reader
) -> Any:
    make = make_levels if is_multi else make_axis
    return make(items, restore_name(names, reader), facts, reader)


_READERS: dict[str, ReadObject] = {
    "DataFrame": _restore_frame,
    "Series": _restore_series,
    **ARRAY_READERS,
    **SCALAR_READERS,
}
_CALLS: dict[str, ReadReduced] = {**ARRAY_CALLS, **SCALAR_CALLS}
