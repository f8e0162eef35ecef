"""What people do with queued runs, by ``sacred queue`` and by the board."""

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
    """How something is done.

    Args:
        force: cancel leased runs, too.
        new: requeue as new runs.
        priority: the new one.
    """

    force: bool = False
    new: bool = False
    priority: float = 0.0


_Act = Callable[[RunRecord, RunStore, Claims, ActionOptions], object]


class QueueAction(Frozen):
    """Something that can be done with queued runs.

    Args:
        states: of the runs that it is done with; None: those that have no entry in the queue.
        done: what can be said of the runs afterwards.
        act: does it with one run.
        forced: further states, if it is done by force.
    """

    states: tuple[str | None, ...]
    done: str
    act: _Act
    forced: tuple[str, ...] = ()

    def concerns(self, state: str | None, options: ActionOptions) -> bool:
        """Whether it is done with a run in a state.

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
    """Return the state of an entry; None: there is none.

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
    """Do something with those runs for which it makes sense.

    Args:
        name: one of `QUEUE_ACTIONS`.
        records: the runs, of one store.
        store: that they are in.
        options: how it is done.

    Yields:
        each run, with None if it was done, else the state that it has (empty: it was never queued).

    Raises:
        QueueUnsupportedError: the store cannot be a queue.
        ProgramError: it cannot be done with one of the runs.
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
