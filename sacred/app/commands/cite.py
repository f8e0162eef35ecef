r"""Print LaTeX macros that name a file of a run with its digest, and check them later.

Put what it prints into a file that the document reads (\input). The macros \sacredRun,
\sacredDigest (of SHA-256, the first 12 digits) and \sacredDate take ID/NAME. With --check, each
file that such a document cites is compared with what its store has now: a change is an error, and
the exit code is 1. With --copy, so is the copy that stands beside the document.

Examples:
  sacred cite 7:figure.pdf 7:scores.json > cited.tex
  sacred cite best:result:figure.pdf --copy figures/best.pdf > cited.tex
  sacred cite --check cited.tex
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterator

from sacred._base.digest import chunks_of, sha256_of, sha256_of_file
from sacred.app.commands.cat import find_file, parse_file_name
from sacred.app.session import Session
from sacred.display.formats import latex_text
from sacred.display.value_text import one_line
from sacred.records import RunRecord
from sacred.runs.errors import ProgramError, UsageError
from sacred.runs.run_store import RunStore, open_store
from sacred.stores.store import StoreError

_SHOWN_DIGITS = 12
_MARK = "% sacred cite: "
#: What TeX accepts unescaped, even in the name of a macro.
_KEY = re.compile(r"[\w.,+@/ -]+", re.ASCII)
_KINDS = ("Run", "Digest", "Date")
_MACROS = "\n".join(
    rf"\providecommand{{\sacred{kind}}}[1]{{\ifcsname sacred@{kind}@#1\endcsname"
    rf"\csname sacred@{kind}@#1\endcsname\else\errmessage{{sacred cite: no file #1}}\fi}}"
    for kind in _KINDS
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `CommandModule`."""
    parser.add_argument(
        "files", metavar="ID:NAME", nargs="+", help="files of runs; with --check, documents"
    )
    parser.add_argument("--copy", metavar="FILE", help="the copy of the file in the document")
    parser.add_argument(
        "--check", action="store_true", help="check what these files of macros cite; exit code 1"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """See `CommandModule`."""
    if args.check:
        problems = [problem for path in args.files for problem in _problems(path, args, session)]
        for problem in problems:
            session.console.problem(one_line(problem))
        return int(bool(problems))
    if args.copy and len(args.files) > 1:
        raise UsageError("--copy is that of one file: call sacred cite once for each")
    lines = [_MACROS]
    for text in args.files:
        record, name = parse_file_name(text, session)
        lines += _citation(record, name, args.copy)
    for line in lines:
        session.console.print(line)
    return 0


def _citation(record: RunRecord, name: str, copy: str | None) -> Iterator[str]:
    file = find_file(record, name)
    key = f"{record.id}/{file.name.lstrip('/')}"
    if not _KEY.fullmatch(key):
        raise ProgramError(f"TeX cannot take {key!r} as a name")
    with file.open() as content:
        digest = sha256_of(chunks_of(content))
    if copy is not None and (now := _digest_of_copy(copy)) != digest:
        raise ProgramError(f"{copy} is not {key}: its SHA-256 is {now}, not {digest}")
    cited = {
        "store": record.store,
        "run": record.id,
        "file": file.name,
        "sha256": digest,
        **({"copy": copy} if copy else {}),
    }
    yield f"{_MARK}{json.dumps(cited)}"
    date = record.start_time.strftime("%Y-%m-%d") if record.start_time else "?"
    for kind, value in zip(_KINDS, (str(record.id), digest[:_SHOWN_DIGITS], date), strict=True):
        yield rf"\expandafter\def\csname sacred@{kind}@{key}\endcsname{{{latex_text(value)}}}"


def _problems(path: str, args: argparse.Namespace, session: Session) -> Iterator[str]:
    """Say which of the files cited in a file of macros have changed."""
    try:
        with open(path, encoding="utf-8") as file:
            marked = [line[len(_MARK) :] for line in file if line.startswith(_MARK)]
    except (OSError, UnicodeDecodeError) as error:
        raise ProgramError(f"{path} cannot be read: {error}") from error
    if not marked:
        raise ProgramError(f"{path} cites no file: it is no output of sacred cite")
    for line in marked:
        try:
            cited = json.loads(line)
            place = f"{cited['run']}:{cited['file']} of {cited['store']}"
            digest, copy = cited["sha256"], cited.get("copy")
        except (ValueError, KeyError, TypeError):
            yield f"{path}: a line that was changed by hand: {line.strip()}"
            continue
        try:
            with (
                # Recorded addresses have no passwords, and may be relative.
                _opened(cited["store"], args, session) as store,
                find_file(store[cited["run"]], cited["file"]).open() as content,
            ):
                now = sha256_of(chunks_of(content))
        except (StoreError, ProgramError, OSError) as error:
            yield f"{path}: {place} is not there any more: {error}"
            continue
        if now != digest:
            yield f"{path}: {place} has changed: its SHA-256 is {now}, and was {digest}"
        beside = None if copy is None else os.path.join(os.path.dirname(path), copy)
        if beside is not None and (found := _digest_of_copy(beside)) != digest:
            yield f"{path}: {beside} is not {place}: its SHA-256 is {found}, not {digest}"


def _opened(url: str, args: argparse.Namespace, session: Session) -> RunStore:
    """Open the store that a file of macros names, unless the command line names one."""
    return session.open(args.store[0]).store if args.store else open_store(url)


def _digest_of_copy(path: str) -> str:
    try:
        return sha256_of_file(path)
    except OSError as error:
        raise ProgramError(f"{path} cannot be read: {error.strerror or error}") from error
