"""Garbage: finding what no run refers to, and removing it while others start runs.

Contents that runs share (sources, resources, files in GridFS) are stored before the record of
the run that refers to them. So a run marks content that is already there as used
(`sacred.stores.files.blobs.Blobs.use`, `sacred.stores.mongo.gridfs_files`), and what has been
stored or used lately is not garbage, whatever the records say. Each backend has its `collector`,
which is loaded on use.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.frozen import Frozen

if TYPE_CHECKING:
    from sacred.records import RunId

__all__ = ["COUNTS", "GRACE", "Collector", "Garbage"]

#: How long contents are kept, whether a run refers to them or not.
GRACE = datetime.timedelta(days=1)
#: Where marking content as used has a cost: how long a mark counts. A run has the rest of
#: `GRACE` to write its record.
COUNTS = datetime.timedelta(hours=12)

Report = Callable[[str], None]
Progress = Callable[[int, int], None]


class Garbage(Frozen):
    """Something that no run refers to.

    Args:
        kind: what it is: ``source``, ``resource``, ``temporary file``, ...
        name: its name, or one that people will recognize.
        size: in bytes; None: unknown, or next to nothing.
        ref: how the store finds it.
    """

    kind: str
    name: str
    size: int | None = None
    ref: Any = None


class Collector:
    """Finds garbage and removes it; this base class suits a store that never has any."""

    def find(
        self,
        before: datetime.datetime,
        without: Collection[RunId] = (),
        report: Report | None = None,
    ) -> Iterator[Garbage]:
        """Yield what no run refers to.

        Args:
            before: contents that were stored or used later are left out.
            without: ids of runs that do not count, because they are about to be removed.
            report: called with the reason why something that may be garbage is kept.
        """
        return iter(())

    def remove(
        self, garbage: Sequence[Garbage], before: datetime.datetime, report: Report | None = None
    ) -> Iterator[Garbage]:
        """Remove garbage that is still unused.

        Args:
            garbage: what `find` has found; it is checked again.
            before: contents that were stored or used later stay.
            report: called with a message for what cannot be removed.

        Returns:
            what was removed, one by one, without what is in use by now.
        """
        return iter(())

    def rebuild(self, progress: Progress | None = None) -> Iterator[str]:
        """Compare packed copies of data with the data, and rebuild those that differ.

        Args:
            progress: called with the number of things compared so far, and the total.

        Returns:
            descriptions of what was rebuilt, one by one.
        """
        return iter(())

    def discard_time(self, run_id: RunId) -> datetime.datetime | None:
        """When a run was put into the trash; None: unknown."""
        return None

    def size_of(self, run_id: RunId) -> int | None:
        """The number of bytes that a run takes, without what it shares; None: unknown."""
        return None
