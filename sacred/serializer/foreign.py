"""Objects of users' own classes, which jsonpickle writes.

It needs handlers for what such objects may hold: without numpy's, for example,
an array is written with all of its internals. They are registered once jsonpickle
and the package are imported, by anybody: readers of records use jsonpickle, too, and
rely on them. Handlers that a user has registered stay.
"""

from __future__ import annotations

import sys
import threading
import warnings
from typing import TYPE_CHECKING, Any

from sacred._base.import_hooks import when_imported

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["encode_other", "register_handlers"]

_TEXT_CLASSES = {
    "DataFrame": "PandasDfHandler",
    "MultiIndex": "PandasMultiIndexHandler",
    "PeriodIndex": "PandasPeriodIndexHandler",
    "Index": "PandasIndexHandler",
    "Timestamp": "PandasTimestampHandler",
    "Period": "PandasPeriodHandler",
    "Interval": "PandasIntervalHandler",
}
_warnings_lock = threading.Lock()


def register_handlers(flatten: Callable[[Any], Any]) -> None:
    """Register jsonpickle's handlers for numpy and pandas as soon as both are imported.

    Args:
        flatten: as for `encode_other`.
    """

    def for_packages(jsonpickle: Any) -> None:
        handlers = jsonpickle.handlers
        when_imported("numpy", lambda _: _handle_numpy(handlers))
        when_imported("pandas", lambda _: _handle_pandas(handlers, flatten))

    when_imported("jsonpickle", for_packages)


def encode_other(value: Any, flatten: Callable[[Any], Any]) -> str:
    """Return the JSON text of any object, in jsonpickle's form.

    Args:
        value: the object.
        flatten: writes the pandas objects in it.
    """
    # Not at the top, as others below: few values need jsonpickle, which is slow to load.
    import jsonpickle

    _handle_numpy(jsonpickle.handlers)
    if _handle_pandas(jsonpickle.handlers, flatten):
        return str(jsonpickle.encode(value, keys=True))
    # The user has registered jsonpickle's own handlers for pandas, which use what
    # jsonpickle itself calls deprecated.
    with _warnings_lock, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*jsonpickle 5", DeprecationWarning)
        return str(jsonpickle.encode(value, keys=True))


def _handle_numpy(handlers: Any) -> None:
    if "numpy" not in sys.modules:
        return
    import numpy as np

    if handlers.get(np.ndarray) is None:
        from jsonpickle.ext import numpy as ext

        ext.register_handlers(ndarray_mode="ignore")


class _TextHandler:
    """Writes as we do, and reads as jsonpickle's handler does.

    Ours does not count as references what is inside of a text, just as jsonpickle's.
    """

    def __init__(self, reading: Callable[[Any], Any], flatten: Callable[[Any], Any]) -> None:
        self._reading = reading
        self._flatten = flatten

    def __call__(self, context: Any) -> _Bound:
        return _Bound(self._reading(context), self._flatten)


class _Bound:
    """A handler for one journey of jsonpickle's."""

    def __init__(self, reading: Any, flatten: Callable[[Any], Any]) -> None:
        self._reading = reading
        self._flatten = flatten

    def flatten(self, obj: Any, data: dict[str, Any]) -> Any:
        """The whole form; `data` has the tag that jsonpickle would give it."""
        flat = self._flatten(obj)
        return {**flat, **data} if isinstance(flat, dict) else flat

    def restore(self, data: dict[str, Any]) -> Any:
        """The object again."""
        return self._reading.restore(data)


def _handle_pandas(handlers: Any, flatten: Callable[[Any], Any]) -> bool:
    """Whether the handlers for pandas are ours (or not needed)."""
    if "pandas" not in sys.modules:
        return True
    import pandas as pd

    found = handlers.get(pd.DataFrame)
    if found is None:
        from jsonpickle.ext import pandas as ext

        handlers.register(pd.Series, ext.PandasSeriesHandler, base=True)
        # The first base class that fits counts: sub-classes first.
        for cls, reading in _TEXT_CLASSES.items():
            handler = _TextHandler(getattr(ext, reading), flatten)
            handlers.register(getattr(pd, cls), handler, base=True)
        return True
    return isinstance(found, _TextHandler)
