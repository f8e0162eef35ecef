"""The table of known differences and the page that tells users of them."""

from __future__ import annotations

import re

import pytest

from tests.differential.known import CASES, PLACES
from tests.differential.sides import ROOT

PAGES = {"beyond.md", "command_line.md", "compatibility.md", "configuration.md", "stores.md"}
ROWS = sorted({known.row for known in CASES} | {known.row for known in PLACES})


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("row", ROWS)
def test_each_known_difference_is_told_to_users(row: str) -> None:
    page, _, text = row.partition(": ")
    assert page in PAGES | {"deliberate"}
    assert text in words((ROOT / "docs" / "differences.rst").read_text(encoding="utf-8"))


def test_no_difference_is_left_to_be_mended() -> None:
    assert not [row for row in ROWS if row.startswith(("none", "OPEN"))]
