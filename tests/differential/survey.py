"""Look for differences: ``python -m tests.differential.survey KIND [NUMBER [SEED]]``.

It does not stop at the first difference: it sorts all of them by what they look like and shows
the shortest script of each sort.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

import hypothesis

from tests.differential.kinds import KINDS
from tests.differential.known import unexplained
from tests.differential.model import Case
from tests.differential.outcome import Difference, differences, normalised
from tests.differential.sides import ROOT, Side


def main(kind: str, number: int, seed: int) -> None:
    old, new = Side(os.environ["OLD"]), Side(sys.executable, ROOT)
    sorts: dict[str, list[tuple[Case, list[Difference]]]] = {}
    rows: dict[str, int] = {}
    count = 0

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number, deadline=None, database=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(KINDS[kind])
    def look(case: Case) -> None:
        nonlocal count
        count += 1
        old.send(case)
        new.send(case)
        pair = normalised(old.receive()), normalised(new.receive())
        found, known = unexplained(case, *pair, differences(*pair))
        for row in known:
            rows[row] = rows.get(row, 0) + 1
        if found:
            sorts.setdefault(_sort(found), []).append((case, found))

    begin = time.monotonic()
    look()
    report(sorts)
    print(f"{count} examples, {time.monotonic() - begin:.0f} s; {rows}")


def _sort(found: list[Difference]) -> str:
    def general(where: str) -> str:
        return re.sub(r"/\d+", "/N", where)

    where, old, new = found[0]
    if any(place == "/exit" for place, _, _ in found):
        pair = next((o, n) for place, o, n in found if place.startswith("/stderr"))
        return f"exit: {_general(pair[0])} -> {_general(pair[1])}"[:300]
    return f"{general(where)}: {_general(old)} -> {_general(new)}"[:300]


def _general(value: object) -> str:
    text = value[-1] if isinstance(value, list) and value else value
    return re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "_", str(text))[:120]


kind_=sys.argv[1]
def report(sorts: dict[str, list[tuple[Case, list[Difference]]]]) -> None:
    shown = []
    for sort, cases in sorted(sorts.items(), key=lambda item: -len(item[1])):
        case, found = min(cases, key=lambda pair: len(pair[0].shown()))
        shown.append(f"=========== {len(cases)} times: {sort}\n{case.shown()}")
        shown += [f"   {where}\n      old {o!r}\n      new {n!r}" for where, o, n in found[:12]]
    Path(f"/tmp/survey-{kind_}.txt").write_text("\n".join(shown))
    for sort, cases in sorted(sorts.items(), key=lambda item: -len(item[1])):
        print(len(cases), sort)


if __name__ == "__main__":
    kind, number, seed = [*sys.argv[1:], "100", "0"][:3] if len(sys.argv) < 3 else (*sys.argv[1:3], (*sys.argv[3:], "0")[0])
    main(kind, int(number), int(seed))
