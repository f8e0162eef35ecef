"""The output of a run in an SQL database, of any length.

As long as it is short it is the column ``captured_out`` of its run. Beyond, that column has its
beginning, a line that says so, and its end; all but the end is in rows of the table ``output``,
in the order of their positions. So a heartbeat does not write again all that a run has ever printed
(which would need a multiple of it in memory, too, since SQLite is part of this process).

The end starts where the last row ends. Positions are in characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from sacred.stores.sql.storable_text import storable
from sacred.stores.sql.tables import TABLES
from sacred.stores.store import MissingPartError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.orm import Session

    from sacred.stores.changes import WriteOutput
    from sacred.stores.sql.models import Run

__all__ = ["whole_output", "write_output"]

MAX_CHARS_IN_ROW = 2 * 1024 * 1024  # in the row of the run
HEAD_CHARS = 512 * 1024
TAIL_CHARS = 512 * 1024
NOTICE = "\n[... this is not all: the rest is in the table output ...]\n"
TAIL_START = HEAD_CHARS + len(NOTICE)
CHARS_AT_ONCE = 1024 * 1024  # written at once

_RUN, _OUTPUT = TABLES["run"], TABLES["output"]
_SHOWN = _RUN.c.captured_out


def write_output(session: Session, run: Run, change: WriteOutput) -> None:
    """Store the output ``output[:change.start] + change.text``.

    Args:
        session: of the transaction.
        run: row of the run.
        change: what is new.

    Raises:
        MissingPartError: the stored output ends earlier.
    """
    start, text = change.start, storable(change.text)
    whose = _OUTPUT.c.run_id == run.run_id
    in_rows = sa.select(sa.func.max(_OUTPUT.c.stop)).where(whose).scalar_subquery()
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    length = sa.func.length if is_sqlite else sa.func.char_length
    query = sa.select(in_rows, length(_SHOWN)).where(_RUN.c.id == run.id)
    stored, in_row = (number or 0 for number in session.execute(query).one())
    if start > stored + in_row - (TAIL_START if stored else 0):
        raise MissingPartError(f"Output of run {run.run_id!r} before character {start} is missing")
    if start < stored:
        # A filter has rewritten what is in rows by now: once more from the start.
        before = session.scalar(sa.select(_SHOWN).where(_RUN.c.id == run.id))
        text = whole_output(session.connection(), run.run_id, before)[:start] + text
        session.execute(sa.delete(_OUTPUT).where(whose))
        start = stored = 0
    for begin in range(0, max(len(text), 1), CHARS_AT_ONCE):
        piece = text[begin : begin + CHARS_AT_ONCE]
        shown = start + begin - stored + (TAIL_START if stored else 0)
        _show(session, run, _first(shown).concat(sa.literal(piece, _SHOWN.type)))
        shown += len(piece)
        if shown > MAX_CHARS_IN_ROW:
            stored = _move(session, run, stored, shown)


def whole_output(connection: Connection, run_id: str | None, shown: str | None) -> str:
    """Return the whole output of a run.

    Args:
        connection: to a database that has the table ``output``.
        run_id: the column of that name.
        shown: the column ``captured_out``.
    """
    rows = sa.select(_OUTPUT.c.text).where(_OUTPUT.c.run_id == run_id).order_by(_OUTPUT.c.position)
    pieces, shown = list(connection.scalars(rows)), shown or ""
    return "".join(pieces) + shown[TAIL_START:] if pieces else shown


def _move(session: Session, run: Run, stored: int, shown: int) -> int:
    """Move all but the beginning and the end to a row; returns where that ends."""
    beginning = TAIL_START if stored else 0
    # The last lines stay: a filter may still rewrite them, as with progress bars.
    length = shown - TAIL_CHARS - beginning
    moved = sa.select(
        sa.literal(run.run_id),
        sa.literal(stored),
        sa.literal(stored + length),
        sa.func.substr(_SHOWN, beginning + 1, length),
    ).where(_RUN.c.id == run.id)
    columns = ["run_id", "position", "stop", "text"]
    session.execute(sa.insert(_OUTPUT).from_select(columns, moved))
    head = (
        _first(beginning) if stored else _first(HEAD_CHARS).concat(sa.literal(NOTICE, _SHOWN.type))
    )
    _show(session, run, head.concat(sa.func.substr(_SHOWN, shown - TAIL_CHARS + 1)))
    return stored + length


def _show(session: Session, run: Run, text: Any) -> None:
    # The database has what was before: nothing of it is sent or fetched.
    session.execute(sa.update(_RUN).where(_RUN.c.id == run.id).values(captured_out=text))


def _first(length: int) -> Any:
    if not length:
        return sa.literal("", _SHOWN.type)
    return sa.func.substr(sa.func.coalesce(_SHOWN, ""), 1, length)
