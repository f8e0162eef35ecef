"""The form of values in a TinyDB store: texts with a tag, as ``{TinyDate}:2026-01-02T...``.

They are those of the package tinydb-serialization, which is not used: it changes
lists while it walks over them, cannot tell a tag from a user's text, and opens
all files of all runs to read one.

A value that has no such form, or would lose something by it, has the form that it
has in all stores (`sacred.serializer.flatten`).
"""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

from sacred._base.extras import is_installed
from sacred.serializer import restore

__all__ = [
    "TinyForm",
    "array_of",
    "array_text",
    "date_of",
    "date_text",
    "file_text",
    "frame_of",
    "labelled_text",
    "series_of",
]

_DATE, _FILE, _ARRAY = "{TinyDate}:", "{TinyFile}:", "{TinyArray}:"
_FRAME, _SERIES = "{TinyDataFrame}:", "{TinySeries}:"
# Ours, for a user's text that begins like a tag.
_TEXT = "{TinyText}:"
_ANY = "{Tiny"

_CLASSES = frozenset(
    {"datetime.datetime", "numpy.ndarray", "pandas.DataFrame", "pandas.Series"}
)  #: in the plain form, what may have a tag here

_TUPLE = "tuple"

#: Of arrays and tuples, by their paths: JSON knows one kind of floats, and of sequences.
DTypes = dict[str, str]


def date_text(timestamp: datetime.datetime) -> str:
    """Return a time as a string.

    >>> date_text(datetime.datetime(2026, 1, 2))
    '2026-01-02T00:00:00.000000'
    """
    return timestamp.isoformat(timespec="microseconds")


def date_of(text: str) -> datetime.datetime:
    """Return the time that `date_text` has written."""
    return datetime.datetime.fromisoformat(text)


def array_text(array: Any) -> str:
    """Return the values of an array of numbers, as JSON."""
    return json.dumps(array.tolist(), check_circular=False)


def array_of(text: str) -> Any:
    """Return the array that `array_text` has written; a list if numpy is not installed."""
    values = json.loads(text)
    if not is_installed("numpy"):
        return values
    # Not at the top, as others below: numpy is optional, and slow to load.
    import numpy as np

    return np.array(values)


def labelled_text(labelled: Any) -> str:
    """Return a series or a frame as JSON: ``{label: value}`` or ``{column: {label: value}}``."""
    if labelled.ndim == 2:
        columns = {str(name): _by_label(labelled[name]) for name in labelled.columns}
        return json.dumps(columns)
    return json.dumps(_by_label(labelled))


def frame_of(text: str) -> Any:
    """Return the frame that `labelled_text` has written; a dict if pandas is not installed."""
    return _read_json(text)


def series_of(text: str) -> Any:
    """Return the series that `labelled_text` has written; a dict if pandas is not installed."""
    return _read_json(text, typ="series")


def _by_label(series: Any) -> dict[str, Any]:
    # Not pandas' own text: that keeps ten digits of a number.
    return dict(zip(map(str, series.index), series.tolist(), strict=True))


def _read_json(text: str, **kwargs: Any) -> Any:
    if not is_installed("pandas"):
        return json.loads(text)
    import pandas as pd

    return pd.read_json(io.StringIO(text), precise_float=True, **kwargs)


_READERS: dict[str, Callable[[str], Any]] = {
    _DATE: date_of,
    _ARRAY: array_of,
    _FRAME: frame_of,
    _SERIES: series_of,
    _TEXT: str,
}


class TinyForm:
    """Converts values to their form in a TinyDB store, and back.

    Args:
        open_file: makes the handle of a stored file from its digest.
        digest_of: the inverse, for databases whose documents have handles.

    >>> form = TinyForm()
    >>> form.encode({"at": datetime.datetime(2026, 1, 2), "text": "{TinyDate}:never"})
    {'at': '{TinyDate}:2026-01-02T00:00:00.000000', 'text': '{TinyText}:{TinyDate}:never'}
    >>> form.decode(_)
    {'at': datetime.datetime(2026, 1, 2, 0, 0), 'text': '{TinyDate}:never'}
    """

    def __init__(
        self,
        open_file: Callable[[str], Any] = str,
        digest_of: Callable[[Any], str] = str,
    ) -> None:
        self._open_file = open_file
        self._digest_of = digest_of

    def encode(self, value: Any, dtypes: DTypes | None = None, path: str = "") -> Any:
        """Return the stored form of a value.

        Args:
            value: in its plain form, or as returned by `decode`.
            dtypes: gets those of arrays whose text does not say it, and which lists are tuples.
            path: of the value, for `dtypes`.
        """
        if isinstance(value, str):
            return _TEXT + value if value.startswith(_ANY) else value
        if isinstance(value, dict):
            if "py/object" in value:
                return self._encode_object(value, dtypes, path)
            if value.keys() == {"py/tuple"}:
                if dtypes is not None:
                    dtypes[path] = _TUPLE
                return self.encode(value["py/tuple"], dtypes, path)
            return {key: self.encode(item, dtypes, f"{path}/{key}") for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.encode(item, dtypes, f"{path}/{n}") for n, item in enumerate(value)]
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, io.BufferedReader):
            return file_text(self._digest_of(value))
        text = _tagged(value, {} if dtypes is None else dtypes, path)
        return value if text is None else text

    def decode(self, stored: Any, dtypes: DTypes | None = None, path: str = "") -> Any:
        """Return the value; what is not plain and has no tag here is in its plain form.

        A text that only looks like one with a tag stays as it is.

        Args:
            stored: data of the database.
            dtypes: of frames and series, by path.
            path: of the value in the document.
        """
        if isinstance(stored, str):
            return self._decode_text(stored, dtypes, path)
        if isinstance(stored, dict):
            if "py/object" in stored:
                return stored
            return {key: self.decode(item, dtypes, f"{path}/{key}") for key, item in stored.items()}
        if isinstance(stored, list):
            items = [self.decode(item, dtypes, f"{path}/{n}") for n, item in enumerate(stored)]
            return {"py/tuple": items} if dtypes and dtypes.get(path) == _TUPLE else items
        return stored

    def decode_entry(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Return the entry of a run, each field as `decode` returns it."""
        dtypes = entry.get("dtypes", {})
        return {name: self.decode(value, dtypes.get(name)) for name, value in entry.items()}

    def _encode_object(self, flat: dict[str, Any], dtypes: DTypes | None, path: str) -> Any:
        if flat["py/object"] not in _CLASSES:
            return flat
        text = _tagged(restore(flat), {} if dtypes is None else dtypes, path)
        return flat if text is None else text

    def _decode_text(self, stored: str, dtypes: DTypes | None, path: str) -> Any:
        if not stored.startswith(_ANY):
            return stored
        tag, separator, text = stored.partition(":")
        try:
            if tag + separator == _FILE:
                return self._open_file(json.loads(text))
            value = _READERS[tag + separator](text)
            if dtypes and path in dtypes and hasattr(value, "astype"):
                return value.astype(dtypes[path])
            return value
        except (KeyError, ValueError, TypeError):
            return stored


def file_text(digest: str) -> str:
    """Return the stand-in for the handle of a stored file."""
    return _FILE + json.dumps(digest)


def _tagged(value: Any, dtypes: DTypes, path: str) -> str | None:
    """The text of a value with its tag; None: it would not be the same when read."""
    if type(value) is datetime.datetime:
        return _DATE + date_text(value)
    package = type(value).__module__.partition(".")[0]
    try:
        if package == "numpy":
            return _tagged_array(value, dtypes, path)
        if package == "pandas":
            return _tagged_labelled(value)
    except Exception:
        # Numpy and pandas refuse odd contents with errors of many kinds.
        return None
    return None


def _tagged_array(array: Any, dtypes: DTypes, path: str) -> str | None:
    import numpy as np

    if array.dtype.kind not in "biuf":
        return None
    text = array_text(array)
    same = array_of(text)
    if same.dtype.kind == "f" and array.dtype.kind != "f":
        return None  # too large for numpy's integers; as floats they are others
    if not np.array_equal(same, array, equal_nan=array.dtype.kind == "f"):
        return None
    if same.dtype != array.dtype:
        dtypes[path] = str(array.dtype)
    return _ARRAY + text


def _tagged_labelled(value: Any) -> str | None:
    import pandas as pd

    text = labelled_text(value)
    if isinstance(value, pd.Series):
        same = series_of(text)
        equal = same.equals(value) and same.name == value.name and same.dtype == value.dtype
    else:
        same = frame_of(text)
        equal = same.equals(value) and same.columns.equals(value.columns)
        equal = equal and list(same.dtypes) == list(value.dtypes)
        equal = equal and value.index.name is None and value.columns.name is None
    if not (equal and same.index.equals(value.index)):
        return None
    return (_SERIES if isinstance(value, pd.Series) else _FRAME) + text
