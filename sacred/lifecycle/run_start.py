"""The start of a run with several observers: one per destination, and one id for all.

An observer that writes to a store may have these, in addition to the methods for events:

* ``writes_to``: a hashable value, the same for observers with the same destination;
* ``highest_id()``: the highest number among the ids of its runs; None if it does not number
  them;
* ``withdraw()``: removes the record of the run that was just started.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sacred._base.errors import SacredError
from sacred._base.frozen import replace
from sacred._base.run_ids import RunId
from sacred.events import RunQueued, RunStarted

__all__ = ["announce_start", "distinct_observers"]

# Each needs another run that starts in one of the same stores within milliseconds.
_MAX_COLLISIONS = 100


def distinct_observers(observers: Iterable[Any]) -> list[Any]:
    """Leave out observers with the same destination as another, keeping the order.

    An observer that overwrites a run is preferred, else the first one.
    """
    kept: dict[Any, Any] = {}
    for observer in observers:
        place = getattr(observer, "writes_to", None)
        key = (id(observer), None) if place is None else (None, place)
        if key not in kept or _overwrites(observer) > _overwrites(kept[key]):
            kept[key] = observer
    return list(kept.values())


def announce_start(
    event: RunQueued | RunStarted, observers: Sequence[Any], started: list[Any]
) -> RunId | None:
    """Send the first event of a run to its observers, which agree on an id.

    Args:
        event: the event; `_id` is None unless the user has chosen an id.
        observers: the observers, in order.
        started: receives the observers that have accepted the event.

    Returns:
        the id of the run; None if no observer has assigned one.

    Raises:
        SacredError: the id chosen by the user is taken; no store keeps anything.
        Exception: whatever an observer raises.
    """
    run_id = event._id
    if run_id is None:
        run_id = _common_id(observers)
    for _ in range(_MAX_COLLISIONS):
        try:
            return _send(replace(event, _id=run_id), observers, started, event._id is None)
        except SacredError as error:
            if not isinstance(error, FileExistsError):
                raise
            _withdraw(started)
            ids = [number for _, number in _highest_ids(observers)]
            if event._id is not None or not ids:
                raise
            run_id = max([*ids, run_id] if isinstance(run_id, int) else ids) + 1
    raise SacredError("Other runs keep taking the ids that this run tries", print_traceback=False)


def _common_id(observers: Sequence[Any]) -> int | None:
    """A number that is free in all stores; None if the first observer assigns the id."""
    if sum(hasattr(observer, "highest_id") for observer in observers) < 2:
        return None  # that one can claim an id without being asked first
    ids = _highest_ids(observers)
    if len(ids) < 2 or ids[0][0] is not observers[0]:
        return None
    return max(number for _, number in ids) + 1


def _highest_ids(observers: Iterable[Any]) -> list[tuple[Any, int]]:
    """The observers that number their runs, each with its highest number."""
    candidates = [o for o in observers if hasattr(o, "highest_id") and not _overwrites(o)]
    found = [(observer, observer.highest_id()) for observer in candidates]
    return [(observer, number) for observer, number in found if isinstance(number, int)]


def _overwrites(observer: Any) -> bool:
    return getattr(observer, "overwrite", None) is not None


def _send(
    event: RunQueued | RunStarted, observers: Sequence[Any], started: list[Any], is_free: bool
) -> RunId | None:
    run_id = event._id
    for observer in observers:
        answer = replace(event, _id=run_id).call(observer)
        # Ids of files are texts: a number that nobody has asked for takes the first one's form.
        is_form = is_free and not started and str(answer) == str(run_id)
        run_id = answer if run_id is None or is_form else run_id
        started.append(observer)
    return run_id


def _withdraw(started: list[Any]) -> None:
    for observer in list(started):
        if hasattr(observer, "withdraw"):
            started.remove(observer)
            observer.withdraw()
