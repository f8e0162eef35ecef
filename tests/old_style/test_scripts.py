"""Scripts of many styles do what they did with Sacred 0.8.7."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.differential import recorded
from tests.differential.known import unexplained
from tests.differential.outcome import differences, normalised
from tests.differential.sides import ROOT, Side
from tests.differential.test_recorded import place, shown
from tests.old_style.cases import EXPECTED, cases

RECORDED = {(one.case.kind, one.case.arguments): one for one in recorded.read(EXPECTED)}


@pytest.fixture(scope="module")
def side() -> Iterator[Side]:
    worker = Side(sys.executable, ROOT)
    yield worker
    worker.close()


@pytest.mark.parametrize(
    "case", list(cases()), ids=lambda case: " ".join([case.kind, *case.arguments])
)
def test_scripts_do_what_they_did_with_the_old_library(case, side, request):
    old = RECORDED[case.kind, case.arguments]
    assert old.case == case, "a script has changed: python -m tests.old_style.record"
    new = normalised(side.run(case, place(case.service, request)))
    found, _ = unexplained(case, old.outcome, new, differences(old.outcome, new))
    assert not found, shown(case, found)
