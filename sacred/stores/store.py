"""The protocol of a store of records, and the errors that it may raise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.run_ids import RunId
from sacred.records.damaged_data import MALFORMED_DATA_ERRORS, DamagedRunError, StoreError
from sacred.stores.changes import Change, SourceFile

if TYPE_CHECKING:
    from sacred.stores.collector import Collector

__all__ = [
    "MALFORMED_DATA_ERRORS",
    "DamagedRunError",
    "InvalidArtifactError",
    "MissingPartError",
    "QueueUnsupportedError",
    "ReservedArtifactError",
    "RunExistsError",
    "RunNotFoundError",
    "Store",
    "StoreAddressError",
    "StoreError",
    "StoreNotFoundError",
    "StorePermissionError",
    "StoreUnavailableError",
    "not_discarded",
]


class StoreAddressError(StoreError, ValueError):
    """The address is not that of a store."""


class StoreUnavailableError(StoreError, OSError):
    """The place cannot be reached or written at all (no server, full disk, ...)."""

    def __str__(self) -> str:
        # With an errno, OSError would make a text of that and of its own fields.
        return str(self.args[0])


#: For stores behind a network.
ANSWER_SECONDS = 20.0


class StorePermissionError(StoreUnavailableError, PermissionError):
    """The place may not be written by this user."""


class RunExistsError(StoreError, FileExistsError):
    """The requested id is taken."""


class RunNotFoundError(StoreError, LookupError):
    """There is no run with that id."""


class MissingPartError(StoreError):
    """A change continues something that is missing: somebody has removed a part of the record."""


class QueueUnsupportedError(StoreError):
    """Workers cannot take runs from this store; the message says why."""


class StoreNotFoundError(StoreUnavailableError, FileNotFoundError):
    """There is no store at this place, and reading does not create one."""


class InvalidArtifactError(StoreError, ValueError):
    """The name of an artifact is not one that can be stored."""


class ReservedArtifactError(StoreError, FileExistsError):
    """The name of an artifact is that of a file of the record itself."""


def not_discarded(run_id: RunId, url: str) -> StoreError:
    """Return the error for the removal of a run that is not in the trash.

    Args:
        run_id: id of the run.
        url: of the store, without passwords.
    """
    return StoreError(f"The run {run_id!r} of {url} is not in the trash")


class Store(ABC):
    """A place for the records of runs.

    A change that was applied is durable; applying it again changes nothing.
    """

    #: For messages, without passwords: ``file:runs``, ``mongodb://host:27017/sacred``.
    url: str

    #: Whether long output may be appended in chunks between heartbeats: the cost of a
    #: chunk is that of its own length.
    supports_output_append: bool = False

    #: Whether fields of `sacred.events.DETAIL_FIELDS` may be set.
    supports_details: bool = False

    #: Seconds after which a call that has not returned is given up during a run (longer for long
    #: contents); None: the store is on this machine, and calls always return.
    answer_seconds: float | None = None

    @abstractmethod
    def create(
        self, run_id: RunId | None, document: Mapping[str, Any], files: Sequence[SourceFile]
    ) -> RunId:
        """Start the record of a run.

        Args:
            run_id: its id; None: the next free one, even if others start runs at the same time.
            document: the canonical document of `sacred.stores.document`.
            files: the sources of the experiment.

        Returns:
            the id.

        Raises:
            RunExistsError: `run_id` is taken.
            StoreUnavailableError: the place cannot be reached or written.
        """

    @abstractmethod
    def apply(self, run_id: RunId, changes: Sequence[Change]) -> None:
        """Store changes in order, each of them atomically; idempotent.

        Args:
            run_id: id of the run.
            changes: in the order in which they happened.

        Raises:
            RunNotFoundError: there is no such run.
            Exception: a change could not be stored; those after it were not tried.
        """

    def highest_id(self) -> int | None:
        """Return the highest number among the ids of runs, or 0 if there is none.

        None: the store does not number its runs.

        Raises:
            StoreUnavailableError: the place cannot be reached.
        """
        return None

    def discard(self, run_id: RunId) -> None:
        """Put a run into the trash, as a whole or not at all.

        Its record stays as it is, and its id stays taken; only lists of runs leave it out
        (`sacred.stores.reader.Reader.discarded`). Doing it again changes nothing.

        Raises:
            RunNotFoundError: there is no such run.
            StoreError: the store has no trash.
        """
        raise StoreError(f"{self.url} has no trash")

    def recover(self, run_id: RunId) -> None:
        """Take a run out of the trash, if it is there; the counterpart of `discard`."""
        raise StoreError(f"{self.url} has no trash")

    def remove(self, run_id: RunId) -> None:
        """Remove a run that is in the trash, for good.

        If this is interrupted, the run stays in the trash, and the next call finishes the work.
        Contents that other runs may refer to stay; see `collector`.

        Raises:
            StoreError: the run is not in the trash, or the store has none.
        """
        raise StoreError(f"{self.url} has no trash")

    def collector(self) -> Collector:
        """Return what finds and removes data that no run uses; see `sacred.upkeep.find_garbage`."""
        # Not at the top: a run that writes collects no garbage.
        from sacred.stores.collector import Collector

        return Collector()

    def check(self, change: Change) -> None:  # noqa: B027 - most stores take every change
        """Refuse a change that is the user's mistake, before it becomes pending.

        Raises:
            InvalidArtifactError: an artifact has an impossible name.
            ReservedArtifactError: it has the name of a file of the record.
        """

    def is_unreachable(self, error: BaseException) -> bool:
        """Return whether an error means that there is no point in trying other changes now."""
        return isinstance(error, StoreUnavailableError)

    def check_reachable(self, within: float) -> None:  # noqa: B027 - most stores just try
        """Find out quickly whether the place is still absent; for stores whose calls wait long.

        Args:
            within: the time limit in seconds.

        Raises:
            StoreUnavailableError: it does not answer.
        """

    def close(self) -> None:  # noqa: B027 - many stores hold nothing open
        """Close connections and files; the store opens them again when used."""
