"""Tags, groups, notes and stars of stored runs, in any store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sacred.records import RunId
from sacred.runs import RunStore
from sacred.serializer.escaped_text import ANNOTATIONS, map_texts, storable_text
from sacred.stores.changes import Annotate
from sacred.stores.store import Store, StoreError

__all__ = ["annotate", "check_not_in_trash"]

_UNSET: Any = object()


def annotate(
    store: Store | RunStore,
    run_id: RunId,
    *,
    tags: Iterable[str] | None = None,
    add_tags: Iterable[str] = (),
    remove_tags: Iterable[str] = (),
    group: str | None = _UNSET,
    notes: str | None = _UNSET,
    comment: str | None = _UNSET,
    starred: bool | None = None,
) -> None:
    """Change the annotations of a run; what is not given stays as it is.

    The run may be under way, or recorded by the old library. Others may annotate it at the same
    time: no tag that is added or removed gets lost.

    Args:
        store: where the run is.
        run_id: its id.
        tags: the complete list of its tags.
        add_tags: tags to add.
        remove_tags: tags to remove.
        group: the group that it belongs to; None: none.
        notes: text of any length; None: none.
        comment: one line; None: none.
        starred: whether it is starred.

    Raises:
        ValueError: a tag is empty.
        RunNotFoundError: there is no such run.
        StoreError: it is in the trash.

    >>> from sacred.stores.memory.store import MemoryStore
    >>> store = RunStore(MemoryStore())
    >>> run_id = store.backend.create(None, {"status": "COMPLETED", "config": {}}, [])
    >>> annotate(store, run_id, add_tags=["good", "late"], starred=True)
    >>> annotate(store, run_id, remove_tags=["late"], notes="see figure 3")
    >>> run = store.runs("good in tags and starred").first()
    >>> run.tags, run.notes
    (('good',), 'see figure 3')
    """
    given = {"group": group, "notes": notes, "comment": comment}
    known = {name: value for name, value in given.items() if value is not _UNSET}
    fields: dict[str, Any] = map_texts(known, ANNOTATIONS, storable_text)
    if tags is not None:
        fields["tags"] = list(_checked(tags)) or None
    if starred is not None:
        fields["starred"] = starred or None
    change = Annotate(
        fields=fields,
        add_tags=_checked(add_tags),
        remove_tags=_checked(remove_tags),
    )
    if isinstance(store, RunStore):
        check_not_in_trash(store, run_id)
    store.apply(run_id, [change])


def check_not_in_trash(store: RunStore, run_id: RunId) -> None:
    """Raise an error if a run is in the trash.

    Args:
        store: of the run.
        run_id: id of the run.

    Raises:
        StoreError: it is in the trash.
    """
    if store.is_in_trash(run_id):
        raise StoreError(
            f"run {run_id} of {store.url} is in the trash; to restore it: sacred rm --undo {run_id}"
        )


def _checked(tags: Iterable[str]) -> tuple[str, ...]:
    if isinstance(tags, str):
        raise ValueError(f"tags are several texts, not one: [{tags!r}]")
    found = tuple(dict.fromkeys(storable_text(tag.strip()) for tag in tags))
    if "" in found:
        raise ValueError("a tag cannot be empty")
    return found
