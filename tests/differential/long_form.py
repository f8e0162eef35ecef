"""The long form (``tox -e differential``): both libraries, SACRED_DIFFERENTIAL_EXAMPLES a kind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import hypothesis
import pytest

from tests.differential.environment import old_side
from tests.differential.kinds import KINDS
from tests.differential.known import unexplained
from tests.differential.outcome import differences, normalised
from tests.differential.services import Services
from tests.differential.sides import ROOT, Pair, Side
from tests.differential.test_recorded import shown

EXAMPLES = int(os.environ.get("SACRED_DIFFERENTIAL_EXAMPLES", "10000"))


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with Services() as services, Pair(old_side(), Side(sys.executable, ROOT), services) as both:
        yield both


@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", KINDS)
def test_both_libraries_do_the_same_with_random_experiments(kind, pair):
    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
    )
    @hypothesis.given(KINDS[kind])
    def compare(case):
        old, new = map(normalised, pair.run(case))
        found, _ = unexplained(case, old, new, differences(old, new))
        assert not found, shown(case, found)

    compare()
