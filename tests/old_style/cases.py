"""The scripts as cases of the differential test."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.differential.model import Case

__all__ = ["EXPECTED", "cases"]

_HERE = Path(__file__).parent
EXPECTED = _HERE / "expected.json"


def cases() -> Iterator[Case]:
    """Each script with each of its command lines."""
    for path in sorted((_HERE / "scripts").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for line in re.findall(r"^# \$(.*)$", text, re.MULTILINE):
            words = shlex.split(line)
            uses_mongo = words == ["mongo"]
            yield Case(
                kind=path.stem,
                files=((path.name, text),),
                script=path.name,
                arguments=() if uses_mongo else tuple(words),
                service="mongo" if uses_mongo else None,
            )
