"""The context of the operations of the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sacred.board.api.change_feed import ChangeFeed, edited
from sacred.board.api.run_selection import Selections
from sacred.board.api.view_file import ViewFile
from sacred.board.opened_stores import BoardStore
from sacred.board.tensorboard_servers import TensorBoardServers
from sacred.queue.launching import Launcher
from sacred.queue.queue_watch import QueueWatch
from sacred.records import RunId

__all__ = ["Board"]


class Board:
    """The stores of a board, and state that is kept between requests.

    Args:
        stores: the stores by key.
        read_only: whether changes are refused.
        views: the file of named views.
        launcher: queues runs for a form; None if nothing can be launched.
        tensorboards: the TensorBoard processes; None if none may be started.
    """

    def __init__(
        self,
        stores: Mapping[str, BoardStore],
        read_only: bool,
        views: ViewFile,
        launcher: Launcher | None = None,
        tensorboards: TensorBoardServers | None = None,
    ) -> None:
        self.stores = stores
        self.read_only = read_only
        self.views = views
        self.launcher = launcher
        self.tensorboards = tensorboards
        self.selections = Selections()
        self.changes = ChangeFeed(stores)
        self.queue = QueueWatch()
        for store in stores.values():
            store.index.when_late(self.changes.reset)

    def notify(self, store: str, ids: Iterable[RunId]) -> None:
        """Tell all pages that runs were edited.

        Args:
            store: the key of their store.
            ids: the ids of the runs.
        """
        self.changes.publish(edited(store, ids))

    def close(self) -> None:
        """Close threads and connections."""
        self.changes.close()
        if self.tensorboards is not None:
            self.tensorboards.close()
        for store in self.stores.values():
            store.runs.close()
