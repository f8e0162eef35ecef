"""Pandas' own dtypes, and arrays of them.

Nullable, text, categorical and sparse arrays have the form that jsonpickle gives them.
Its form of the others shows the internals of pandas' classes, which change from one
version to the next; they become a list of items and the name of the dtype, in
an object that only `sacred.serializer.restore` knows (``pandas.array``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sacred.serializer.arrays import flatten_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from sacred.serializer.protocol import Reader, ReadObject, ReadReduced

__all__ = [
    "ARRAY_CALLS",
    "ARRAY_READERS",
    "dtype_reader",
    "flatten_dtype",
    "flatten_dtype_object",
    "flatten_extension_array",
    "flatten_native_array",
    "make_array",
    "read_dtype",
]

_MASKED_DTYPE = re.compile(r"(U?Int(8|16|32|64)|Float(32|64)|Boolean)Dtype")


# ------------------------------------------------------------------------- dtypes


def flatten_dtype(dtype: Any, flatten: Callable[[Any], Any]) -> Any:
    """Return a dtype as a string if that is enough, as an object if it is categorical.

    None if neither can describe it (time zones without a name).

    Args:
        dtype: of an array or an index.
        flatten: makes the plain form of categories.
    """
    # Not at the top, as others below: pandas is optional, and slow to load.
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        return flatten(dtype)
    text = str(dtype)
    try:
        same = pd.api.types.pandas_dtype(text) == dtype
    except Exception:  # whatever the parsers of extensions raise
        return None
    return text if same else None


def read_dtype(flat: Any, reader: Reader) -> Any:
    """Restore a dtype that `flatten_dtype` has made plain.

    Args:
        flat: the plain form.
        reader: restores categories.

    Raises:
        TypeError: it is neither a string nor categorical.
    """
    import pandas as pd

    dtype = reader.restore(flat)
    if not isinstance(dtype, str | pd.CategoricalDtype):
        raise TypeError("a dtype is a text or a CategoricalDtype")
    return pd.api.types.pandas_dtype(dtype)


def flatten_dtype_object(dtype: Any, flatten: Callable[[Any], Any]) -> Any:
    """Return the plain form of a dtype on its own, or `NotImplemented`.

    jsonpickle writes the others.

    Args:
        dtype: of an extension array.
        flatten: makes the plain form of its parts.
    """
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        state = {"categories": flatten(dtype.categories), "ordered": dtype.ordered}
        return {"py/object": "pandas.CategoricalDtype", "py/state": state}
    if isinstance(dtype, pd.StringDtype):
        arguments = {"py/tuple": [dtype.storage, flatten(dtype.na_value)]}
        return {"py/reduce": [{"py/type": "pandas.StringDtype"}, arguments]}
    if isinstance(dtype, pd.SparseDtype):
        parts = {"_dtype": flatten(dtype.subtype), "_fill_value": flatten(dtype.fill_value)}
        return {"py/object": "pandas.SparseDtype", **parts}
    if _MASKED_DTYPE.fullmatch(type(dtype).__name__):
        return {"py/object": f"pandas.{type(dtype).__name__}"}
    return NotImplemented


def dtype_reader(cls: str) -> ReadObject | None:
    """Return a function that restores dtypes of a pandas class; None if it is not such a class."""
    return _restore_masked_dtype if _MASKED_DTYPE.fullmatch(cls) else _DTYPE_READERS.get(cls)


def _restore_masked_dtype(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    # The pattern has been matched: one of a dozen classes, made of nothing.
    return getattr(pd, name.rpartition(".")[2])()


def _restore_categorical_dtype(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    state = reader.restore(flat["py/state"])
    return pd.CategoricalDtype(state["categories"], ordered=state["ordered"])


def _restore_interval_dtype(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    state = reader.restore(flat["py/state"])
    return pd.IntervalDtype(state["subtype"], closed=state["closed"])


def _restore_zoned_dtype(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    state = reader.restore(flat["py/state"])
    return pd.DatetimeTZDtype(state["unit"], state["tz"])


def _restore_sparse_dtype(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    parts = [reader.restore(flat[key]) for key in ("_dtype", "_fill_value")]
    return pd.SparseDtype(*parts)


_DTYPE_READERS: dict[str, ReadObject] = {
    "CategoricalDtype": _restore_categorical_dtype,
    "IntervalDtype": _restore_interval_dtype,
    "DatetimeTZDtype": _restore_zoned_dtype,
    "SparseDtype": _restore_sparse_dtype,
}


def _read_string_dtype(call: list[Any], reader: Reader) -> Any:
    import pandas as pd

    storage, *missing = reader.restore(call[1])
    try:
        return pd.StringDtype(storage, *missing)
    except (ImportError, TypeError):  # no pyarrow, or a pandas that has only one kind
        return pd.StringDtype()


def _read_period_dtype(call: list[Any], reader: Reader) -> Any:
    import pandas as pd

    return pd.PeriodDtype(*reader.restore(call[1]))


# ------------------------------------------------------------------------- arrays


def flatten_extension_array(array: Any, flatten: Callable[[Any], Any]) -> Any:
    """Return the plain form of an extension array; `NotImplemented` if its dtype has no name.

    Args:
        array: the array.
        flatten: makes the plain form of its parts.
    """
    flat = flatten_native_array(array, flatten)
    if flat is not None:
        return flat
    dtype = flatten_dtype(array.dtype, flatten)
    if dtype is None:
        return NotImplemented
    return {"py/object": "pandas.array", "dtype": dtype, "values": flatten(array.tolist())}


def flatten_native_array(array: Any, flatten: Callable[[Any], Any]) -> Any:
    """Return the plain form that jsonpickle gives to one of pandas' arrays; None for any other.

    Args:
        array: the array.
        flatten: makes the plain form of its parts.
    """
    import numpy as np
    import pandas as pd

    if isinstance(array, pd.arrays.IntegerArray | pd.arrays.FloatingArray | pd.arrays.BooleanArray):
        fill = {"b": False, "f": np.nan}.get(array.dtype.kind, 1)
        data = array.to_numpy(dtype=array.dtype.numpy_dtype, na_value=fill)
        flat: dict[str, Any] = {"py/object": f"pandas.arrays.{type(array).__name__}"}
        if array.dtype.kind == "b":
            flat["_dtype"] = flatten(array.dtype)
        flat["_data"] = flatten_array(data, flatten, finite=True)
        flat["_mask"] = flatten_array(np.asarray(array.isna()), flatten)
        return flat
    if isinstance(array, pd.arrays.SparseArray):
        index = array.sp_index
        parts = [flatten(part) for part in index.__reduce__()[1]]
        cls = f"{type(index).__module__}.{type(index).__name__}"
        return {
            "py/object": "pandas.arrays.SparseArray",
            "_sparse_index": {"py/reduce": [{"py/type": cls}, {"py/tuple": parts}]},
            "_sparse_values": flatten_array(array.sp_values, flatten, finite=True),
            "_dtype": flatten(array.dtype),
        }
    if isinstance(array, pd.Categorical):
        state = (array.dtype, np.array(array.codes))
        cls = "pandas.Categorical"
    elif isinstance(array, pd.arrays.StringArray):
        state = (array.dtype, array.to_numpy(dtype=object))
        cls = "pandas.arrays.StringArray"
    else:
        return None
    function, arguments = array.__reduce__()[:2]
    call = {"py/tuple": [{"py/type": cls}, *arguments[1:]]}
    return {
        "py/reduce": [
            {"py/function": f"{function.__module__}.{function.__name__}"},
            call,
            {"py/tuple": [flatten(part) for part in state]},
        ]
    }


def make_array(items: list[Any], dtype: Any) -> Any:
    """Return a numpy array or an extension array.

    Args:
        items: the restored items.
        dtype: the restored dtype.
    """
    import pandas as pd

    if isinstance(dtype, pd.CategoricalDtype):
        return pd.Categorical(items, dtype=dtype)
    return pd.Series(items, dtype=dtype).array


def _restore_array(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    return make_array(reader.restore(flat["values"]), read_dtype(flat["dtype"], reader))


def _restore_masked_array(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    parts = {key: reader.restore(part) for key, part in flat.items() if key != "py/object"}
    data, mask = parts["_data"], parts["_mask"]
    cls = {"b": pd.arrays.BooleanArray, "f": pd.arrays.FloatingArray}
    return cls.get(data.dtype.kind, pd.arrays.IntegerArray)(data, mask)


def _restore_sparse_array(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    index, values, dtype = (
        reader.restore(flat[key]) for key in ("_sparse_index", "_sparse_values", "_dtype")
    )
    if not isinstance(dtype, pd.SparseDtype):
        raise TypeError("a SparseDtype is expected")
    cls = pd.arrays.SparseArray
    if not hasattr(cls, "from_indices"):  # up to pandas 3.0
        return cls(values, sparse_index=index, dtype=dtype)
    kind = "block" if type(index).__name__ == "BlockIndex" else "integer"
    indices = index.to_int_index().indices
    return cls.from_indices(
        values, indices, index.length, fill_value=dtype.fill_value, kind=kind, dtype=dtype.subtype
    )


def _read_sparse_index(call: list[Any], reader: Reader) -> Any:
    # There is no public name for them; they check what they are given.
    from pandas._libs.sparse import BlockIndex, IntIndex

    length, *positions = reader.restore(call[1])
    return (IntIndex if len(positions) == 1 else BlockIndex)(length, *positions)


def _refuse_arrow_array(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    raise reader.refuse(
        "py/object",
        f"of {name!r} has no items: jsonpickle stores nothing of what Arrow holds",
    )


ARRAY_READERS: dict[str, ReadObject] = {
    "array": _restore_array,
    "ArrowStringArray": _refuse_arrow_array,
    "ArrowExtensionArray": _refuse_arrow_array,
    "IntegerArray": _restore_masked_array,
    "FloatingArray": _restore_masked_array,
    "BooleanArray": _restore_masked_array,
    "SparseArray": _restore_sparse_array,
}


def _read_backed_array(call: list[Any], reader: Reader) -> Any:
    """An array that keeps its items in one of numpy's: its class, and dtype and items."""
    import numpy as np
    import pandas as pd

    cls = call[1]["py/tuple"][0]["py/type"]
    dtype, items, *_ = reader.restore(call[2])
    if not isinstance(items, np.ndarray):
        raise TypeError("an array is expected")
    kind = cls.rpartition(".")[2] if cls.startswith("pandas.") else ""
    if kind == "Categorical":
        return pd.Categorical.from_codes(items, dtype=dtype)
    if kind == "StringArray":
        return pd.array(items, dtype=dtype)
    if kind == "PeriodArray":
        return pd.arrays.PeriodArray(items, dtype=dtype)
    if kind in ("DatetimeArray", "TimedeltaArray"):
        series = pd.Series(items)
        if isinstance(dtype, pd.DatetimeTZDtype):
            series = series.dt.tz_localize("UTC").dt.tz_convert(dtype.tz)
        return series.array
    raise ValueError(f"no arrays of {cls}")


def _read_interval_array(call: list[Any], reader: Reader) -> Any:
    import pandas as pd

    (state,) = reader.restore(call[2])
    closed = state["_dtype"].closed
    return pd.arrays.IntervalArray.from_arrays(state["_left"], state["_right"], closed=closed)


#: Name of what pickle would call → what does the same.
ARRAY_CALLS: dict[str, ReadReduced] = {
    "__pyx_unpickle_NDArrayBacked": _read_backed_array,
    "__pyx_unpickle_IntervalMixin": _read_interval_array,
    "IntIndex": _read_sparse_index,
    "BlockIndex": _read_sparse_index,
    "StringDtype": _read_string_dtype,
    "PeriodDtype": _read_period_dtype,
}
