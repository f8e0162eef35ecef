"""What people can do with queued runs, with ``sacred queue`` or on the board."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from sacred._base.frozen import Frozen
from sacred.queue.queued_records import enqueue_record, queue_again
from sacred.records import RunId, RunRecord
from sacred.runs.errors import ProgramError
from sacred.runs.run_store import RunStore
from sacred.status import QUEUED, RUNNING
from sacred.stores.claims import DONE, HELD, LEASED, WAITING, Claims, QueueEntry, claims_of

__all__ = ["QUEUE_ACTIONS", "ActionOptions", "QueueAction", "change_queue", "state_of"]


class ActionOptions(Frozen):
    """Options of an action on queued runs.

    Args:
        force: cancel leased runs, too.
        new: requeue as new runs.
        priority: the new priority.
    """

    force: bool = False
    new: bool = False
    priority: float = 0.0


_Act = Callable[[RunRecord, RunStore, Claims, ActionOptions], object]


class QueueAction(Frozen):
    """An action on queued runs.

    Args:
        states: those of the runs that it applies to; None: runs without an entry in the queue.
        done: describes the runs afterwards.
        act: applies it to one run.
        forced: further states that it applies to with `force`.
    """

    states: tuple[str | None, ...]
    done: str
    act: _Act
    forced: tuple[str, ...] = ()

    def concerns(self, state: str | None, options: ActionOptions) -> bool:
        """Whether the action applies to a run in a given state.

        Args:
            state: of the run; None: it has no entry in the queue.
            options: how it is done.
        """
        return state in self.states or (options.force and state in self.forced)


def _add(record: RunRecord, store: RunStore, claims: Claims, options: ActionOptions) -> None:
    if record.status != QUEUED:
        raise ProgramError(
            f"run {record.id} is {record.status}; sacred queue requeue runs it again"
        )
    enqueue_record(record, claims)


def _requeue(record: RunRecord, store: RunStore, claims: Claims, options: ActionOptions) -> object:
    if options.new:
        return queue_again(record, store, claims)
    if record.status == RUNNING:
        raise ProgramError(f"run {record.id} is running")
    return claims.requeue(record.id)


QUEUE_ACTIONS: Mapping[str, QueueAction] = {
    "add": QueueAction(states=(None,), done="waiting", act=_add),
    "hold": QueueAction(
        states=(WAITING,),
        done="held back",
        act=lambda record, store, claims, options: claims.hold(record.id),
    ),
    "release": QueueAction(
        states=(HELD,),
        done="waiting",
        act=lambda record, store, claims, options: claims.release(record.id),
    ),
    "cancel": QueueAction(
        states=(WAITING, HELD),
        done="cancelled",
        act=lambda record, store, claims, options: claims.cancel(record.id, force=options.force),
        forced=(LEASED,),
    ),
    "requeue": QueueAction(states=(DONE, None), done="queued again", act=_requeue),
    "priority": QueueAction(
        states=(WAITING, HELD),
        done="changed",
        act=lambda record, store, claims, options: claims.prioritize(record.id, options.priority),
    ),
}


def state_of(entry: QueueEntry | None) -> str | None:
    """Return the state of an entry; None: there is no entry.

    Args:
        entry: as `Claims.entry` returns it.
    """
    return None if entry is None else entry.state


def change_queue(
    name: str,
    records: Iterable[RunRecord],
    store: RunStore,
    options: ActionOptions | None = None,
) -> Iterator[tuple[RunId, str | None]]:
    """Apply an action to those runs for which it makes sense.

    Args:
        name: one of `QUEUE_ACTIONS`.
        records: the runs, of one store.
        store: the store that they are in.
        options: those of the action.

    Yields:
        each run, with None if the action was applied, else the state that the run has (empty:
        it was never queued).

    Raises:
        QueueUnsupportedError: the store cannot be a queue.
        ProgramError: the action cannot be applied to one of the runs.
    """
    action, options = QUEUE_ACTIONS[name], options or ActionOptions()
    claims = claims_of(store.backend)
    for record in records:
        state = state_of(claims.entry(record.id))
        if action.concerns(state, options):
            action.act(record, store, claims, options)
            yield record.id, None
        else:
            yield record.id, state or ""
