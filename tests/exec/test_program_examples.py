"""The examples in C, shell and R do what their first lines say."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.exec.conftest import need
from tests.services import sessions

#: Suffix of an example → the program that it needs.
NEEDED = {"c": "gcc", "R": "Rscript"}


@pytest.mark.parametrize("name", ["descent.c", "pipeline.sh", "fit.R"])
def test_an_example_prints_what_its_comment_says(work: Path, name: str) -> None:
    needed = NEEDED.get(name.rpartition(".")[2])
    if needed is not None:
        need(needed)
    shutil.copy(ROOT / "examples" / name, work)
    text = (work / name).read_text(encoding="utf-8")
    assert sessions.check(re.sub(r"^#", "", text, flags=re.MULTILINE), work) >= 2


def test_they_are_shown_in_the_documentation() -> None:
    page = (ROOT / "docs" / "guides" / "other_languages.rst").read_text(encoding="utf-8")
    for name in ("descent.c", "pipeline.sh", "fit.R"):
        assert f"literalinclude:: ../../examples/{name}" in page
