"""Launching: what can be launched, its form, and runs that are queued by a form."""

from __future__ import annotations

from typing import Any

from sacred.board.api.operations import SLASH, Call
from sacred.board.opened_stores import BoardStore, run_key, store_of_key
from sacred.board.problem_details import Problem
from sacred.queue.launch_entries import EntryError, entries_in
from sacred.queue.launching import Launcher, LaunchError, NotLaunchableError
from sacred.runs.errors import ProgramError
from sacred.stores.claims import claims_of
from sacred.stores.store import QueueUnsupportedError

__all__ = ["launch_run", "list_launchable", "read_form"]

_BODY = 'the body is {"name": NAME, "store": STORE, "entries": {PATH: VALUE, ...}}'


def list_launchable(call: Call) -> dict[str, Any]:
    """Return what can be launched, and into which stores, without starting anything.

    Args:
        call: without parameters.
    """
    launcher = call.board.launcher
    if launcher is None:
        return {"allowed": False, "launchable": [], "stores": [], "error": None}
    found, error = [], None
    try:
        found = launcher.launchables()
    except ProgramError as problem:
        error = str(problem)
    return {
        "allowed": True,
        "launchable": [{"name": o.name, "kind": o.kind, "help": o.help} for o in found],
        "stores": [store.key for store in call.board.stores.values() if _is_queue(store)],
        "error": error,
    }


def read_form(call: Call) -> dict[str, Any]:
    """Return the entries of an experiment or a program, which is started to list them.

    Args:
        call: with its name.

    Raises:
        Problem: the project does not name it, or it does not list its entries.
    """
    name = call.path["name"].replace(SLASH, "/")
    try:
        schema = _launcher(call).schema(name)
    except NotLaunchableError as error:
        raise Problem(404, str(error)) from None
    except LaunchError as error:
        raise Problem(409, str(error)) from None
    entries = [{"path": path, "schema": dict(entry)} for path, entry in entries_in(schema)]
    return {"name": name, "entries": entries, "schema": dict(schema)}


def launch_run(call: Call) -> dict[str, Any]:
    """Queue a run with some entries.

    Args:
        call: with name, store and entries.

    Raises:
        Problem: an entry is not valid; the member ``entry`` has its path.
    """
    body = call.fields
    name, key, entries = body.get("name"), body.get("store"), body.get("entries")
    if not isinstance(name, str) or not isinstance(key, str) or not isinstance(entries, dict):
        raise Problem(422, _BODY)
    store = store_of_key(call.board.stores, key)
    # Before anything is started: it says why a store cannot be a queue.
    claims_of(store.runs.backend)
    try:
        run_id = _launcher(call).launch(name, entries, store.runs)
    except NotLaunchableError as error:
        raise Problem(404, str(error)) from None
    except EntryError as error:
        raise Problem(422, error.problem, entry=error.entry) from None
    except LaunchError as error:
        raise Problem(422, str(error)) from None
    call.board.notify(key, [run_id])
    return {"store": key, "key": run_key(run_id), "id": run_id}


def _launcher(call: Call) -> Launcher:
    launcher = call.board.launcher
    if launcher is None:
        raise Problem(403, "this board launches nothing; sacred board --allow-launch does")
    return launcher


def _is_queue(store: BoardStore) -> bool:
    try:
        claims_of(store.runs.backend)
    except QueueUnsupportedError:
        return False
    return True
