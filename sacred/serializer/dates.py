"""Dates, times and time spans, in jsonpickle's form."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DATE_CLASSES", "flatten_date", "restore_date"]

DateOrTime = datetime.date | datetime.time

#: Name in the data → class.
DATE_CLASSES: dict[str, type[DateOrTime]] = {
    "datetime.datetime": datetime.datetime,
    "datetime.date": datetime.date,
    "datetime.time": datetime.time,
}


def flatten_date(value: DateOrTime, flatten: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the plain form of a `datetime.datetime`, `datetime.date` or `datetime.time`.

    Args:
        value: the date or time.
        flatten: makes the plain form of its time zone.
    """
    reduced: Any = value.__reduce__()
    payload, *time_zone = reduced[1]
    name = f"datetime.{type(value).__name__}"
    import base64  # loaded by those who have dates

    text = base64.b64encode(payload).decode("ascii")
    return {
        "py/object": name,
        "__reduce__": [{"py/type": name}, [text, *map(flatten, time_zone)]],
    }


def restore_date(name: str, reduced: Any, restore: Callable[[Any], Any]) -> DateOrTime:
    """Restore a date or time that `flatten_date` has made plain.

    Args:
        name: dotted name of its class.
        reduced: the class and the arguments, as stored.
        restore: restores the time zone.

    Raises:
        ValueError, TypeError, KeyError, IndexError: the data are malformed.
    """
    head, arguments = reduced
    cls = DATE_CLASSES[name]
    if head != {"py/type": name}:
        # Only the class that the tag names, never what the head of the call says.
        raise ValueError(f"{name} made by {head}")
    import base64

    payload = base64.b64decode(arguments[0], validate=True)
    time_zones = [restore(argument) for argument in arguments[1:]]
    if not all(isinstance(zone, datetime.tzinfo) for zone in time_zones):
        raise TypeError("a time zone is expected")
    made: DateOrTime = cls(payload, *time_zones)  # type: ignore[arg-type]
    return made
