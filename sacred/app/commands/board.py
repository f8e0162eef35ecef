"""Show the runs of stores in a browser, live, on this machine only.

It opens the stores that you name, or else all stores of the project, or else the directory runs.
The address that it prints has a token; without that, nobody can read or change anything. To see the
board of another machine: ssh -L 8050:localhost:8050 MACHINE, and open the address printed there.

With --export, it writes a page that contains the data of some views and needs no server: for a web
site, an e-mail, an archive. Secrets are masked; the page says what it leaves out.

Examples:
  sacred board
  sacred board runs mongodb://localhost/lab --port 9000
  sacred board --read-only --no-browser
  sacred board --allow-launch
  sacred board --export copy --view "?panel=charts&q=status+%3D+COMPLETED"
"""

from __future__ import annotations

import argparse
import os
import sys
import webbrowser
from pathlib import Path

from sacred._base.extras import require
from sacred.app.launchables import launchables_of
from sacred.app.program_arguments import whole_number
from sacred.app.project import find_project
from sacred.app.session import NamedStore, Session
from sacred.definition import BOARD_TOKENS
from sacred.queue.launching import Launcher
from sacred.runs.errors import UsageError
from sacred.stores.schemes import absolute_address

_PORT = 8050
#: Shorter tokens could be guessed.
_MIN_TOKEN_CHARS = 16
_TOKEN_VARIABLE, _READ_TOKEN_VARIABLE = BOARD_TOKENS
_VIEWS_FILE = ".sacred-views.json"
_MAX_COPIED_RUNS = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "places",
        metavar="STORE",
        nargs="*",
        help="directory, URL, or name in the project file (default: all of the project)",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument(
        "--port",
        type=whole_number,
        default=_PORT,
        help=f"port to listen on, or the next one that is free (default: {_PORT})",
    )
    parser.add_argument("--read-only", action="store_true", help="nothing can be changed")
    parser.add_argument(
        "--allow-launch",
        action="store_true",
        help="a form queues runs of the experiments and programs that the project file names",
    )
    parser.add_argument(
        "--token-file", metavar="FILE", help=f"file with the token (also: ${_TOKEN_VARIABLE})"
    )
    parser.add_argument(
        "--read-token-file",
        metavar="FILE",
        help=f"file with a second token, which may only read (also: ${_READ_TOKEN_VARIABLE})",
    )
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="serve requests for this name too, as behind a proxy; may be repeated",
    )
    parser.add_argument(
        "--base-path", default="", metavar="PATH", help="serve below this path, such as /board"
    )
    parser.add_argument(
        "--export", metavar="DIR", help="write a copy that needs no server into DIR, and exit"
    )
    parser.add_argument(
        "--view",
        action="append",
        metavar="NAME|?ADDRESS",
        help="with --export: copy this saved view, or what the board shows at this address; may "
        "be repeated; the first one is shown first (default: all saved views)",
    )
    parser.add_argument(
        "--limit",
        type=whole_number,
        metavar="N",
        help=f"with --export: at most N runs of each view (default: {_MAX_COPIED_RUNS})",
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser")


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    for package in ("starlette", "uvicorn"):
        require(package, extra="board", purpose="sacred board")
    if args.export is not None:
        _export(args, session)
        return
    if args.view or args.limit is not None:
        raise UsageError("--view and --limit say what --export DIR copies")
    # Not at the top: only now it is known that the extra is installed.
    from sacred.board.access import new_token
    from sacred.board.serving import board_below, free_socket, is_loopback, serve

    stores = _stores(args.places, session)
    given = _token(args.token_file, _TOKEN_VARIABLE)
    if given is None and not is_loopback(args.host):
        raise UsageError(
            f"other machines can reach --host {args.host}: choose a token and give it with "
            f"--token-file FILE, or in {_TOKEN_VARIABLE}"
        )
    token = given or new_token()
    base_path = f"/{args.base_path.strip('/')}" if args.base_path.strip("/") else ""
    application = board_below(
        base_path,
        {named.name: named.store for named in stores},
        token=token,
        read_token=_token(args.read_token_file, _READ_TOKEN_VARIABLE),
        read_only=args.read_only,
        allowed_hosts=[*args.allowed_host, args.host],
        views=_views_file(session),
        launcher=_launcher(args, session, stores),
        tensorboard=not args.read_only,
    )
    listening = free_socket(args.host, args.port)
    port = listening.getsockname()[1]
    if port != args.port and args.port:
        session.console.note(f"port {args.port} is busy")
    host = f"[{args.host}]" if ":" in args.host else args.host
    address = f"http://{host}:{port}{base_path}/?token={token}"

    def ready() -> None:
        session.console.write(f"{address}\n")
        session.console.out.flush()
        session.console.note("Ctrl-C ends the board")
        if not args.no_browser and _has_screen():
            webbrowser.open(address)

    serve(application, listening, ready)


def _launcher(
    args: argparse.Namespace, session: Session, stores: list[NamedStore]
) -> Launcher | None:
    """Return what the launch form uses to queue runs; None: nothing can be launched."""
    if not args.allow_launch:
        return None
    if args.read_only:
        raise UsageError("--read-only and --allow-launch contradict each other; leave one out")
    project = session.project
    if project is None:
        raise UsageError(
            "--allow-launch: which experiments? A project file .sacred.toml names them: "
            '[experiments.train] and script = "train.py"'
        )
    launchables_of(project)  # a mistake in the file is said now
    places = {named.store: absolute_address(named.address, os.getcwd()) for named in stores}
    directory = project.path.parent
    return Launcher(lambda: launchables_of(find_project(directory)), places.get)


def _export(args: argparse.Namespace, session: Session) -> None:
    """Write a copy that needs no server."""
    from sacred.board.api.context import Board
    from sacred.board.api.view_file import ViewFile
    from sacred.board.opened_stores import open_stores
    from sacred.board.static_export.copied_views import copy_of
    from sacred.board.static_export.recorder import chosen_views
    from sacred.board.static_export.written_page import write_copy

    stores = open_stores({named.name: named.store for named in _stores(args.places, session)})
    board = Board(stores, read_only=True, views=ViewFile(_views_file(session)))
    try:
        views = chosen_views(args.view, board.views.read())
        copy = copy_of(board, views, args.limit or _MAX_COPIED_RUNS, bool(args.view))
        written = write_copy(copy, args.export)
    finally:
        board.close()
    size = written.stat().st_size / 1e6
    session.console.write(f"{written}\n")
    session.console.note(f"{copy.runs} runs, {size:.1f} MB. It leaves out:")
    for line in copy.left_out:
        session.console.note(f"  {line}")


def _views_file(session: Session) -> Path | None:
    project = session.project
    return None if project is None else project.path.with_name(_VIEWS_FILE)


def _stores(places: list[str], session: Session) -> list[NamedStore]:
    project = session.project
    if not places and session.names_no_store and project is not None and project.stores:
        places = list(project.stores)
    return [session.open(place) for place in dict.fromkeys(places)] or session.stores


def _token(path: str | None, variable: str) -> str | None:
    """Read the token from a file, else from a variable: arguments are visible to other users."""
    if path is not None:
        token = Path(path).read_text(encoding="utf-8").strip()
        where = path
    else:
        token, where = os.environ.get(variable, "").strip(), variable
        if not token:
            return None
    if len(token) < _MIN_TOKEN_CHARS or not token.isascii() or not token.isprintable():
        raise UsageError(f"the token in {where} has to be {_MIN_TOKEN_CHARS} letters or more")
    return token


def _has_screen() -> bool:
    if sys.platform == "darwin":
        return "SSH_CONNECTION" not in os.environ
    return "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
