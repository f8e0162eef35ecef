"""Write what the old library makes of the scripts: ``python -m tests.old_style.record``."""

from __future__ import annotations

from tests.differential.environment import old_side
from tests.differential.outcome import normalised
from tests.differential.recorded import Recorded, write
from tests.differential.services import Services
from tests.old_style.cases import EXPECTED, cases

if __name__ == "__main__":
    side, recorded = old_side(), []
    with Services() as services:
        for case in cases():
            outcome = side.run(case, services.new(case.service))
            recorded.append(Recorded(case=case, outcome=normalised(outcome)))
    side.close()
    write(recorded, EXPECTED)
