"""Write notes on a run; without TEXT, in your editor ($VISUAL, $EDITOR).

Examples:
  sacred note 7 "The best one so far, see figure 3."
  sacred note last
  sacred note 7 ""                     remove the notes
  make-report | sacred note 7 -        read from stdin; - can be left out
  sacred note 7 < /dev/null            show them
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile

from sacred.app.program_arguments import add_run_id
from sacred.app.session import Session
from sacred.runs.errors import ProgramError
from sacred.serializer.escaped_text import original_text, storable_text
from sacred.upkeep import annotate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    add_run_id(parser)
    parser.add_argument(
        "text",
        metavar="TEXT",
        nargs="*",
        help="the notes, or - for stdin; they replace the old ones",
    )


def run(args: argparse.Namespace, session: Session) -> None:
    """See `CommandModule`."""
    record = session.run_to_edit(args.id)
    before = record.notes or ""
    if args.text and args.text != ["-"]:
        text = " ".join(args.text)
    else:
        text = _edit(before) if sys.stdin.isatty() and not args.text else sys.stdin.read()
    text = text.rstrip()
    if not text and not args.text and not sys.stdin.isatty():
        # A script or a timer without input: nothing says that the notes are to go.
        session.console.print(f"run {record.id}: {before.rstrip() or 'no notes'}")
        return
    if text == before.rstrip():
        session.console.note("the notes are unchanged")
        return
    annotate(session.store_of(record), record.id, notes=text or None)
    session.console.print(f"run {record.id}: {'notes saved' if text else 'notes removed'}")


def _edit(text: str) -> str:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="sacred-note-") as directory:
        path = os.path.join(directory, "notes.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(storable_text(text))
        try:
            code = subprocess.call([*shlex.split(editor), path])
        except FileNotFoundError:
            raise ProgramError(f"there is no editor {editor!r}: set $EDITOR") from None
        if code:
            raise ProgramError(f"{editor} ended with {code}: the notes are unchanged")
        with open(path, encoding="utf-8") as file:
            return original_text(file.read())
