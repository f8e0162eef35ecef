"""What a command works with: a console, stores, and runs by their ids."""

from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Sequence

from sacred._base.frozen import Frozen
from sacred.app.index_progress import IndexProgress
from sacred.app.project import Project, default_address, find_project
from sacred.definition import STORE_VARIABLE
from sacred.display.console import Console
from sacred.query.names import NO_NAMES, Names
from sacred.query.parser import parse
from sacred.query.sorting import SortKey
from sacred.query.syntax import Expression
from sacred.records import RunId, RunRecord, plain_id
from sacred.records.stored_values import SHOWN_AS_STORED
from sacred.runs.errors import ProgramError
from sacred.runs.run_references import find_run
from sacred.runs.run_store import RunStore, open_store
from sacred.runs.run_table import RunTable
from sacred.stores.store import DamagedRunError
from sacred.upkeep.annotations import check_not_in_trash

__all__ = ["NamedStore", "Session"]


class NamedStore(Frozen):
    """A store, and its name in the project or else its address."""

    name: str
    store: RunStore
    #: As it was given, with passwords: not for messages.
    address: str = ""


class Session:
    """One call of the program.

    Args:
        args: of the call; ``args.store`` holds the stores that it names.
        console: to print to.
    """

    def __init__(self, args: argparse.Namespace, console: Console) -> None:
        self.console = console
        console.utc = console.utc or getattr(args, "utc", False)
        self._requested: list[str] = args.store or []
        self._open: dict[str, NamedStore] = {}
        self._has_shown_stored = False

    @functools.cached_property
    def project(self) -> Project | None:
        """The project that the working directory belongs to."""
        return find_project()

    @functools.cached_property
    def default_store(self) -> str:
        """The name or address of the store that is used without ``--store``.

        Raises:
            ProgramError: there is none.
        """
        return default_address(self.project)

    @property
    def names_no_store(self) -> bool:
        """Whether neither the call nor the environment says which store is meant."""
        return not self._requested and not os.environ.get(STORE_VARIABLE)

    @property
    def stores(self) -> list[NamedStore]:
        """The stores of this call.

        Raises:
            ProgramError: it names none, and there is no default.
        """
        return [self.open(place) for place in self._requested or [self.default_store]]

    @property
    def store(self) -> RunStore:
        """The only store of this call.

        Raises:
            ProgramError: there is none, or there are several.
        """
        first, *others = self.stores
        if others:
            raise ProgramError("this command works with one store only")
        return first.store

    def open(self, place: str) -> NamedStore:
        """A store by its name in the project, or by its address."""
        if place not in self._open:
            named = self.project.stores if self.project is not None else {}
            store = open_store(named.get(place, place), progress=IndexProgress(self.console))
            self._open[place] = NamedStore(name=place, store=store, address=named.get(place, place))
        return self._open[place]

    def is_store_name(self, name: str) -> bool:
        """Whether the project has a store of that name, or the call says so."""
        known = self.project.stores if self.project is not None else {}
        return name in known or name in self._requested

    def run(self, text: str) -> RunRecord:
        """The run that an id refers to; see `sacred.runs.run_references`.

        Raises:
            ProgramError: there is no such run.
        """
        return self.run_and_store(text)[1]

    def run_to_edit(self, text: str) -> RunRecord:
        """The run that an id refers to, which will be changed.

        Raises:
            ProgramError: there is no such run.
            StoreError: it is in the trash.
        """
        store, record = self._find(text)
        check_not_in_trash(store, record.id)
        return record

    def store_and_id(self, text: str) -> tuple[RunStore, RunId]:
        """The store and the id of the run that an id refers to, even if damaged or in the trash.

        Raises:
            ProgramError: there is no such run.
        """
        store, rest = self._place(text)
        try:
            return store, find_run(store, rest).id
        except DamagedRunError:
            return store, plain_id(rest)

    def run_and_store(self, text: str) -> tuple[RunStore, RunRecord]:
        """The run that an id refers to, and the store that it is in."""
        store, record = self._find(text)
        if store.is_in_trash(record.id):
            self.console.note(f"run {record.id} is in the trash")
        return store, record

    def _find(self, text: str) -> tuple[RunStore, RunRecord]:
        store, rest = self._place(text)
        return store, find_run(store, rest)

    def _place(self, text: str) -> tuple[RunStore, str]:
        """The store that an id refers to, and the id within that store."""
        name, colon, rest = text.partition(":")
        if colon and self.is_store_name(name):
            return self.open(name).store, rest
        stores = self.stores
        if len(stores) > 1:
            names = " or ".join(f"{known.name}:{text}" for known in stores)
            raise ProgramError(f"of which store? Write {names}")
        return stores[0].store, text

    def store_of(self, record: RunRecord) -> RunStore:
        """The store that a run of `run` is in."""
        return next(
            known.store for known in self._open.values() if known.store.reader is record.source
        )

    def parse(self, query: str, names: Names = NO_NAMES) -> Expression:
        """Parse a query; its times are in the time zone of the console.

        Args:
            query: a string, as for ``--where``.
            names: what the words of the query may stand for (default: no names beyond the fields).

        Raises:
            QueryError: it is invalid.
        """
        return parse(query, names=names, local=not self.console.utc)

    def runs(
        self, where: str | Expression, sort: str | Sequence[SortKey] | None, limit: int | None
    ) -> list[tuple[str, RunTable]]:
        """Return the matching runs of each store, with the name of the store.

        Without an order, the newest runs come first.

        Args:
            where: a query as a string, or parsed.
            sort: the keys, as for ``--sort``; None or empty: the newest runs come first.
            limit: the maximum number of runs from each store; None: all.

        Raises:
            QueryError: the query or the keys are invalid.
        """
        expression = self.parse(where) if isinstance(where, str) else where
        return [
            (
                named.name,
                named.store.runs(expression, sort=sort, limit=limit, newest_first=not sort),
            )
            for named in self.stores
        ]

    def report(self, problems: list[str]) -> None:
        """Print on stderr what could not be read.

        Only the first value that is shown as stored is reported: every run may have some.
        """
        for problem in problems:
            if SHOWN_AS_STORED in problem:
                if self._has_shown_stored:
                    continue
                self._has_shown_stored = True
            self.console.problem(problem)

    def close(self) -> None:
        """Close the connections of all stores."""
        for named in self._open.values():
            named.store.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()
