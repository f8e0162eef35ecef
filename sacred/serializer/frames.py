"""Pandas' frames, series, indices, time stamps, periods and intervals.

The form is jsonpickle's, except for frames: a list of columns, each with its
dtype, which does not depend on the version of pandas. Those that jsonpickle
(from 3.4 on) wrote can be read as well.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import TYPE_CHECKING, Any

from sacred.serializer.arrays import flatten_array

if TYPE_CHECKING:
    from collections.abc import Callable

    from sacred.serializer.protocol import Reader, ReadObject

__all__ = ["flatten_pandas", "pandas_reader"]

_NAME = re.compile(r"pandas(\.\w+)*\.(?P<cls>\w+)")
# Larger texts may be compressed in what jsonpickle wrote; this is more than it can mean.
_MAX_TEXT = 1 << 30


def flatten_pandas(value: Any, flatten: Callable[[Any], Any]) -> Any:
    """A value of pandas', or `NotImplemented` for one that is not handled."""
    import pandas as pd

    if value is pd.NaT or value is pd.NA:
        return {"py/object": f"pandas.{type(value).__name__}"}
    if isinstance(value, pd.DataFrame):
        columns = [_flatten_values(value.iloc[:, n], flatten) for n in range(value.shape[1])]
        return {
            "py/object": "pandas.DataFrame",
            "columns": _flatten_index(value.columns, flatten),
            "index": _flatten_index(value.index, flatten),
            "data": columns,
        }
    if isinstance(value, pd.Series):
        return {
            "py/object": "pandas.Series",
            "name": flatten(value.name),
            "index": _flatten_index(value.index, flatten),
            "values": _flatten_values(value, flatten),
        }
    if isinstance(value, pd.Index):
        return _flatten_index(value, flatten)
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return {"py/object": "pandas.array", **_flatten_values(pd.Series(value), flatten)}
    return _flatten_small(value, flatten)


def _flatten_small(value: Any, flatten: Callable[[Any], Any]) -> Any:
    import pandas as pd

    meta: dict[str, Any]
    if isinstance(value, pd.Timestamp):
        meta = {"isoformat": value.isoformat(), "tz": None if value.tz is None else str(value.tz)}
    elif isinstance(value, pd.Timedelta):
        meta = {"isoformat": value.isoformat()}
    elif isinstance(value, pd.Period):
        meta = {
            "start_time": json.dumps(flatten(value.start_time)),
            "freqstr": value.freqstr,
        }
    elif isinstance(value, pd.Interval):
        meta = {
            "left": json.dumps(flatten(value.left)),
            "right": json.dumps(flatten(value.right)),
            "closed": value.closed,
        }
    else:
        return NotImplemented
    return {
        "py/object": f"pandas.{type(value).__name__}",
        "values": "",
        "txt": True,
        "meta": meta,
    }


def _flatten_index(index: Any, flatten: Callable[[Any], Any]) -> dict[str, Any]:
    import pandas as pd

    meta: dict[str, Any] = {"dtype": str(index.dtype)}
    if isinstance(index, pd.MultiIndex):
        meta["names"] = [flatten(name) for name in index.names]
    else:
        meta["name"] = flatten(index.name)
    return {
        "py/object": f"pandas.{type(index).__name__}",
        "values": json.dumps(flatten(index.tolist())),
        "txt": True,
        "meta": meta,
    }


def _flatten_values(series: Any, flatten: Callable[[Any], Any]) -> dict[str, Any]:
    import numpy as np

    if isinstance(series.dtype, np.dtype):
        return flatten_array(series.to_numpy(), flatten)
    return {"dtype": str(series.dtype), "values": flatten(series.tolist())}


def pandas_reader(name: str) -> ReadObject | None:
    """What restores objects of pandas' class `name`, or None if they are not allowed."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    cls = match["cls"]
    if cls in _READERS:
        return _READERS[cls]
    return _restore_index if re.fullmatch(r"\w*Index", cls) else None


def _text(flat: dict[str, Any]) -> str:
    values = flat["values"]
    if flat.get("txt", True):
        return str(values)
    content = base64.b64decode(values)
    if flat.get("comp", False):
        content = zlib.decompressobj().decompress(content, _MAX_TEXT)
    return content.decode()


def _inner(text: str, reader: Reader) -> Any:
    """The value of a text inside of an object: under the same rules as the object."""
    return reader.restore_apart(json.loads(text))


def _restore_index(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    meta = flat.get("meta") or {}
    items = _inner(_text(flat), reader)
    if name.endswith(".MultiIndex"):
        names = reader.restore(meta.get("names"))
        return pd.MultiIndex.from_tuples([tuple(item) for item in items], names=names)
    if name.endswith(".RangeIndex"):
        # Range or not is a matter of memory; only equal distances make one again.
        steps = pd.RangeIndex(len(items)) if items == list(range(len(items))) else items
        return pd.Index(steps, name=_name(meta, reader))
    dtype = meta.get("dtype")
    if dtype == "category" or name.endswith(".CategoricalIndex"):
        return pd.CategoricalIndex(items, name=_name(meta, reader))
    if name.endswith(".IntervalIndex"):
        dtype = None  # the intervals themselves say it
    return pd.Index(items, dtype=dtype, name=_name(meta, reader))


def _name(meta: dict[str, Any], reader: Reader) -> Any:
    return reader.restore(meta.get("name"))


def _restore_values(flat: Any, reader: Reader) -> Any:
    if isinstance(flat, dict) and set(flat) == {"dtype", "values"}:
        return _restore_extension_array("pandas.array", flat, reader)
    return reader.restore(flat)


def _restore_extension_array(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    return pd.array(reader.restore(flat["values"]), dtype=flat["dtype"])


def _restore_series(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    index = reader.restore(flat["index"])
    values = _restore_values(flat["values"], reader)
    return pd.Series(values, index=index, name=reader.restore(flat["name"]))


def _restore_frame(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    if "data" not in flat:
        return _restore_jsonpickle_frame(flat, reader)
    columns, index = reader.restore(flat["columns"]), reader.restore(flat["index"])
    data = {n: _restore_values(column, reader) for n, column in enumerate(flat["data"])}
    # By number first: names of columns need not be unique.
    frame = pd.DataFrame(data, index=index)
    frame.columns = columns
    return frame


def _restore_jsonpickle_frame(flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd
    from jsonpickle.tags_pd import REVERSE_TYPE_MAP

    meta = flat["meta"]
    if "dtypes_rle" not in meta:
        raise ValueError("frames written by jsonpickle before 3.4 cannot be read")
    codes = [code for code, count in meta["dtypes_rle"] for _ in range(count)]
    columns = _inner(meta["columns"], reader)
    stored = _inner(_text(flat), reader)
    data = {}
    for n, (column, code) in enumerate(zip(columns, codes, strict=True)):
        items = stored[column]
        if code == "py/jp":  # each item a text of its own
            items = [_inner(item, reader) for item in items]
        data[n] = _with_dtype(pd.Series(items), str(REVERSE_TYPE_MAP.get(code, "object")))
    frame = pd.DataFrame(data)
    frame.columns = _axis(columns, meta.get("is_multicolumns"), meta.get("column_names"))
    frame.index = _axis(
        _inner(meta["index"], reader), meta.get("is_multiindex"), meta.get("index_names")
    )
    return frame


def _axis(items: Any, is_multi: Any, names: Any) -> Any:
    import pandas as pd

    if is_multi:
        return pd.MultiIndex.from_tuples([tuple(item) for item in items], names=names)
    return pd.Index(items, name=names)


def _with_dtype(series: Any, dtype: str) -> Any:
    try:
        return series.astype(dtype)
    except (TypeError, ValueError):
        return series  # as jsonpickle: the values are right, if not their dtype


def _restore_timestamp(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    moment = pd.Timestamp(flat["meta"]["isoformat"])
    zone = flat["meta"].get("tz")
    return moment.tz_convert(zone) if zone and moment.tz is not None else moment


def _restore_timedelta(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    return pd.Timedelta(flat["meta"]["isoformat"])


def _restore_period(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    return pd.Period(_inner(flat["meta"]["start_time"], reader), flat["meta"]["freqstr"])


def _restore_interval(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    meta = flat["meta"]
    return pd.Interval(
        _inner(meta["left"], reader), _inner(meta["right"], reader), closed=str(meta["closed"])
    )


def _restore_missing(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    return pd.NA if name.endswith("NAType") else pd.NaT


_READERS: dict[str, ReadObject] = {
    "DataFrame": _restore_frame,
    "Series": _restore_series,
    "array": _restore_extension_array,
    "Timestamp": _restore_timestamp,
    "Timedelta": _restore_timedelta,
    "Period": _restore_period,
    "Interval": _restore_interval,
    "NAType": _restore_missing,
    "NaTType": _restore_missing,
}
