"""What the old library does, for those who do not have it: ``recorded.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.differential.model import Case
from tests.differential.render import HEAD

__all__ = ["Recorded", "read", "write"]

_FILE = Path(__file__).with_name("recorded.json")
_HEAD = "<head>\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A case and what the old library made of it, normalised."""

    case: Case
    outcome: dict[str, Any]


def write(recorded: Iterable[Recorded], file: Path = _FILE) -> None:
    """Replace the file; a line for each case."""
    lines = [json.dumps(_plain(one), ensure_ascii=False, sort_keys=True) for one in recorded]
    file.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def read(file: Path = _FILE) -> list[Recorded]:
    """All of them."""
    found = []
    for entry in json.loads(file.read_text(encoding="utf-8")):
        files = tuple((name, text.replace(_HEAD, HEAD)) for name, text in entry["files"])
        arguments = tuple(entry["arguments"])
        case = Case(
            script=entry.get("script", "script.py"),
            kind=entry["kind"],
            files=files,
            arguments=arguments,
            service=entry["service"],
        )
        found.append(Recorded(case=case, outcome=entry["outcome"]))
    return found


def _plain(one: Recorded) -> dict[str, Any]:
    files = [[name, text.replace(HEAD, _HEAD)] for name, text in one.case.files]
    return {
        "kind": one.case.kind, "files": files, "arguments": one.case.arguments,
        "script": one.case.script, "service": one.case.service, "outcome": one.outcome,
    }  # fmt: skip
