"""What sweeps say of their points."""

from __future__ import annotations

import pytest

from sacred.sweeps.outcomes import Outcome, rivals_of_best
from sacred.sweeps.plan import Objective
from tests.unit.runs.test_significance import stored


def outcome(number: int, results: list[float]) -> Outcome:
    runs = tuple(record for _, record in stored(enumerate(results)))
    mean = sum(results) / len(results)
    return Outcome(trial=number, values={}, state="complete", reached=(mean,), runs=runs)


@pytest.mark.parametrize("is_maximized", [False, True])
def test_numbers_beyond_what_can_be_tested_are_no_rivals(is_maximized: bool) -> None:
    objective = Objective(field="result", is_maximized=is_maximized)
    huge = [1e200, 2e200]
    assert rivals_of_best([outcome(0, huge), outcome(1, [4.0, 5.0])], objective) == (0, 0)
    three = [outcome(0, huge), outcome(1, [4.0, 5.0]), outcome(2, [4.1, 4.9])]
    assert rivals_of_best(three, objective) == (1, 6)
    assert rivals_of_best([], objective) == (0, 0)
