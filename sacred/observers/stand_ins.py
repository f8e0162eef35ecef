"""What takes the places of the observers of a run that is repeated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sacred.observers.base import RunObserver
from sacred.observers.file_storage import FileStorageObserver

__all__ = ["stand_ins_for"]


def stand_ins_for(observers: Iterable[Any], place: str) -> list[Any]:
    """Return observers of which the first store writes into a directory, and nothing elsewhere.

    Each has the priority of the one whose place it takes, so what a script knows as
    ``_run.observers[0].dir`` is a directory here, too.

    Args:
        observers: of a run that is about to start.
        place: the directory of its record; those of further stores are beside it.
    """
    found: list[Any] = []
    kept = FileStorageObserver(place)
    given = list(observers)
    # That of the option --file_storage of the repetition, if the script has stores itself.
    others = [one for one in given if getattr(one, "writes_to", None) != kept.writes_to]
    stores = 0
    for observer in others if any(map(_is_store, others)) else given:
        priority = getattr(observer, "priority", 0)
        if _is_store(observer):
            stores += 1
            beside = place if stores == 1 else f"{place}-{stores}"
            found.append(FileStorageObserver(beside, priority=priority))
        else:
            found.append(_Silent(priority))
    return found if stores else [*found, kept]


def _is_store(observer: Any) -> bool:
    return hasattr(observer, "writes_to")


class _Silent(RunObserver):
    def __init__(self, priority: int) -> None:
        self.priority = priority
