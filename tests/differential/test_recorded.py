"""What the old library did with random experiments, this project does as well."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.differential import recorded
from tests.differential.kinds import KINDS
from tests.differential.known import unexplained
from tests.differential.model import Case, Service
from tests.differential.outcome import Difference, differences, normalised
from tests.differential.services import Place, Services
from tests.differential.sides import ROOT, Side


@pytest.fixture(scope="module")
def side() -> Iterator[Side]:
    worker = Side(sys.executable, ROOT)
    yield worker
    worker.close()


def shown(case: Case, found: list[Difference]) -> str:
    places = [f"{where}\n    old {old!r}\n    new {new!r}" for where, old, new in found]
    return "\n".join([case.shown(), *places])


def place(service: Service | None, request: pytest.FixtureRequest) -> Place:
    if service is None:
        return Place()
    server = request.getfixturevalue(f"{service}_server")
    return Services(**{service: server}).new(service)


@pytest.mark.parametrize("kind", KINDS)
def test_random_experiments_do_what_they_did_with_the_old_library(kind, side, request):
    examples = [one for one in recorded.read() if one.case.kind == kind]
    assert examples
    for one in examples:
        new = normalised(side.run(one.case, place(one.case.service, request)))
        found, _ = unexplained(one.case, one.outcome, new, differences(one.outcome, new))
        assert not found, shown(one.case, found)
