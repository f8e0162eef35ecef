"""Pandas' timestamps, time spans, periods, intervals and missing values, in jsonpickle's form.

A timestamp also has the name of its time zone (``meta["tz"]``): jsonpickle keeps only
the offset, and ignores what it does not know.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from sacred.serializer.inner_text import inner_text, read_inner

if TYPE_CHECKING:
    from collections.abc import Callable

    from sacred.serializer.protocol import Reader, ReadObject, ReadReduced

__all__ = ["SCALAR_CALLS", "SCALAR_READERS", "flatten_scalar"]

# Numbers of pandas' for the units of time spans.
_UNITS: dict[int, Any] = {7: "s", 8: "ms", 9: "us", 10: "ns"}


def flatten_scalar(value: Any, flatten: Callable[[Any], Any]) -> Any:
    """Return the plain form of a single pandas value, or `NotImplemented` if it is not handled.

    Args:
        value: the value.
        flatten: makes the plain form of its parts.
    """
    # Not at the top, as others below: pandas is optional, and slow to load.
    import pandas as pd

    if value is pd.NA:
        cls = type(value)
        return {"py/object": f"{cls.__module__}.{cls.__name__}"}
    if value is pd.NaT or isinstance(value, pd.Timedelta):
        function, arguments = value.__reduce__()[:2]
        return {
            "py/reduce": [
                {"py/function": f"{function.__module__}.{function.__name__}"},
                {"py/tuple": list(arguments)},
            ]
        }
    meta: dict[str, Any]
    if isinstance(value, pd.Timestamp):
        name, meta = "Timestamp", {"isoformat": value.isoformat()}
        if value.tz is not None and not _is_fixed(value.tz):
            meta["tz"] = str(value.tz)
    elif isinstance(value, pd.Period):
        meta = {"start_time": inner_text(flatten(value.start_time)), "freqstr": value.freqstr}
        name = "Period"
    elif isinstance(value, pd.Interval):
        left, right = (inner_text(flatten(end)) for end in (value.left, value.right))
        name, meta = "Interval", {"left": left, "right": right, "closed": value.closed}
    else:
        return NotImplemented
    return {"py/object": f"pandas.{name}", "values": "", "txt": True, "meta": meta}


def _is_fixed(zone: datetime.tzinfo) -> bool:
    return isinstance(zone, datetime.timezone) or str(zone) == "UTC"


def _restore_timestamp(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    timestamp = pd.Timestamp(flat["meta"]["isoformat"])
    zone = flat["meta"].get("tz")
    if not isinstance(zone, str) or timestamp.tz is None:
        return timestamp
    try:
        return timestamp.tz_convert(zone)
    except (KeyError, ValueError, OSError):
        return timestamp  # a zone that is not known here: the timestamp is right all the same


def _restore_period(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    return pd.Period(read_inner(flat["meta"]["start_time"], reader), flat["meta"]["freqstr"])


def _restore_interval(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    left, right = (read_inner(flat["meta"][end], reader) for end in ("left", "right"))
    return pd.Interval(left, right, closed=str(flat["meta"]["closed"]))


def _restore_na(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    import pandas as pd

    return pd.NA


def _read_nat(call: list[Any], reader: Reader) -> Any:
    import pandas as pd

    return pd.NaT


def _read_timedelta(call: list[Any], reader: Reader) -> Any:
    import numpy as np
    import pandas as pd

    number, *unit = reader.restore(call[1])
    return pd.Timedelta(np.timedelta64(number, _UNITS[unit[0]] if unit else "ns"))


#: Name of the class → what restores its objects.
SCALAR_READERS: dict[str, ReadObject] = {
    "Timestamp": _restore_timestamp,
    "Period": _restore_period,
    "Interval": _restore_interval,
    "NAType": _restore_na,
}

#: Name of what pickle would call → what does the same.
SCALAR_CALLS: dict[str, ReadReduced] = {
    "_nat_unpickle": _read_nat,
    "_timedelta_unpickle": _read_timedelta,
}
