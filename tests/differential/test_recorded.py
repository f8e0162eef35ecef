"""What the old library did with random experiments, this project does as well."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.differential import recorded
from tests.differential.kinds import KINDS
from tests.differential.known import unexplained
from tests.differential.model import Case
from tests.differential.outcome import Difference, differences, normalised
from tests.differential.sides import ROOT, Side


@pytest.fixture(scope="module")
def side() -> Iterator[Side]:
    worker = Side(sys.executable, ROOT)
    yield worker
    worker.close()


def shown(case: Case, found: list[Difference]) -> str:
    places = [f"{where}\n    old {old!r}\n    new {new!r}" for where, old, new in found]
    return "\n".join([case.shown(), *places])


@pytest.mark.parametrize("kind", KINDS)
def test_random_experiments_do_what_they_did_with_the_old_library(kind, side, request):
    examples = [one for one in recorded.read() if one.case.kind == kind]
    assert examples
    for one in examples:
        mongo = None
        if one.case.uses_mongo:
            server = request.getfixturevalue("mongo_server")
            mongo = server.url, request.getfixturevalue("mongo_db").name
        new = normalised(side.run(one.case, mongo))
        found, _ = unexplained(one.case, one.outcome, new, differences(one.outcome, new))
        assert not found, shown(one.case, found)
