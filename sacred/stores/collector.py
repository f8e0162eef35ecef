"""What no run refers to: how it is found, and removed while others start runs.

Contents that runs share (sources, resources, files in GridFS) are stored before the record of
the run that refers to them. So a run says of a content that is there already that it is used
(`sacred.stores.files.blobs.Blobs.use`, `sacred.stores.mongo.gridfs_files`), and what has been
stored or used lately is no garbage, whatever the records say. Each backend has its `collector`,
loaded when somebody collects.
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
#: Where it costs something to say that a content is used: so long it counts. A run has the rest
#: of `GRACE` to write its record.
COUNTS = datetime.timedelta(hours=12)

Report = Callable[[str], None]
Progress = Callable[[int, int], None]


class Garbage(Frozen):
    """Something that no run refers to.

    Args:
        kind: what it is: ``source``, ``resource``, ``temporary file``, ...
        name: its name, or one that people know it by.
        size: in bytes; None: it is not known, or next to nothing.
        ref: how the store finds it.
    """

    kind: str
    name: str
    size: int | None = None
    ref: Any = None


class Collector:
    """Finds garbage and removes it; this one is of a store that never has any."""

    def find(
        self,
        before: datetime.datetime,
        without: Collection[RunId] = (),
        report: Report | None = None,
    ) -> Iterator[Garbage]:
        """Yield what no run refers to.

        Args:
            before: contents that were stored or used later are left out.
            without: the runs of these ids do not count; they are about to be removed.
            report: called with the reason why something may be garbage and stays.
        """
        return iter(())

    def remove(
        self, garbage: Sequence[Garbage], before: datetime.datetime, report: Report | None = None
    ) -> Iterator[Garbage]:
        """Remove garbage that is still unused.

        Args:
            garbage: what `find` has found; it is looked at again.
            before: contents that were stored or used later stay.
            report: called with a message for what cannot be removed.

        Returns:
            what was removed, one by one; what is in use by now is left out.
        """
        return iter(())

    def rebuild(self, progress: Progress | None = None) -> Iterator[str]:
        """Compare packed copies of data with the data, and make those again that differ.

        Args:
            progress: called with the number of things that were compared, and of all.

        Returns:
            what was made again, one by one, in words.
        """
        return iter(())

    def discard_time(self, run_id: RunId) -> datetime.datetime | None:
        """When a run was put into the trash; None: that is not known."""
        return None

    def size_of(self, run_id: RunId) -> int | None:
        """How many bytes a run takes, without what it shares; None: that is not known."""
        return None
