"""Comparison of a planned run with stored ones: the command ``diff`` of experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.paths import iterate_flattened, set_by_dotted_path
from sacred.display.console import DIM, Console
from sacred.display.difference_table import (
    difference_table,
    heading_of,
    origins_of_differences,
)
from sacred.display.text_table import write_text
from sacred.records import RunRecord
from sacred.reruns.reuse import readable_stores
from sacred.runs.comparison import compared
from sacred.runs.errors import ProgramError
from sacred.runs.run_references import find_run
from sacred.runs.unsaved_run import nearest_run, unsaved_run
from sacred.stores.store import StoreError, StoreNotFoundError

if TYPE_CHECKING:
    from sacred.run import Run

__all__ = ["print_difference"]

_NEAREST_WORD = "nearest"
#: Parts of a run that are known before it starts.
_PARTS = ("experiment", "config", "sources", "packages", "host")
_PLANNED_COLUMN = "this"


def print_difference(run: Run, words: Sequence[str]) -> None:
    """Print the differences between stored runs and a planned one.

    Args:
        run: the planned run.
        words: the names of stored runs.

    Raises:
        ProgramError: there is no readable store, or no such run.
        QueryError: the field of ``best:`` does not exist.
    """
    planned = _planned(run)
    stored = [_stored(run, word, planned) for word in words]
    console = Console()
    rows = [row for part in _PARTS for row in compared(part, [*stored, planned])]
    # A random seed is no difference.
    different = [r for r in rows if r.differs and not (_is_seed(r.name) and r.values[-1] is None)]
    if different:
        names = [*map(heading_of, words, stored), _PLANNED_COLUMN]
        write_text(difference_table(different, names, for_people=True), console)
        for line in origins_of_differences(different, [*stored, planned]):
            console.print(console.style(line, DIM))
    else:
        console.print("no differences")
    for word, record in zip(words, stored, strict=True):
        if word != str(record.id):
            console.note(f"{word} is run {record.id} of {record.store}")
        for problem in record.problems:
            console.problem(problem)


def _planned(run: Run) -> RunRecord:
    command = run.experiment.default_command or ""
    info = run.experiment_info
    history = run.config_history.document() if run.config_history is not None else None
    return unsaved_run(
        _PLANNED_COLUMN, _without_random_seeds(run), command, info, run.host_info, history
    )


def _without_random_seeds(run: Run) -> dict[str, Any]:
    """Return the configuration with only those seeds that the user has set."""
    updates = dict(iterate_flattened(run.meta_info.get("config_updates") or {}))
    is_set = {*run.config_modifications.origins, *updates}
    config: dict[str, Any] = {}
    for path, value in iterate_flattened(run.config):
        if not _is_seed(path) or path in is_set:
            set_by_dotted_path(config, path, value)
    return config


def _is_seed(path: str) -> bool:
    return path.rpartition(".")[2] == "seed"


def _stored(run: Run, word: str, planned: RunRecord) -> RunRecord:
    name = run.experiment_info["name"]
    problems = []
    stores = list(readable_stores(run))
    for store in stores:
        try:
            if word == _NEAREST_WORD:
                return nearest_run(store, planned, {"name": name})
            return find_run(store, word, {"name": name})
        except StoreNotFoundError:
            problems.append(f"nothing has been stored in {store.url} yet")
        except (ProgramError, StoreError) as error:
            problems.append(str(error))
    if not stores:
        problems.append(
            "diff compares with a stored run, and no observer has a store that can be read. "
            "Add one, as with -F runs"
        )
    raise ProgramError(f"{'; '.join(problems)} (diff looks at runs of {name!r})")
