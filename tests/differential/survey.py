"""Look for differences without stopping at the first: ``python -m tests.differential.survey KIND``.

``--examples 300``, ``--seed 5``; ``--record 40`` writes what the old library does with that many
examples of each kind to ``recorded.json`` instead. It sorts the differences by what they look
like and shows the shortest script of each sort.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Callable

import hypothesis

from tests.differential.environment import old_side
from tests.differential.kinds import KINDS
from tests.differential.known import CASES, unexplained
from tests.differential.model import Case
from tests.differential.outcome import Difference, differences, normalised
from tests.differential.recorded import Recorded, write
from tests.differential.services import Services
from tests.differential.sides import ROOT, Pair, Side

Found = list[tuple[Case, list[Difference]]]


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=list(KINDS), help=", ".join(KINDS))
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", type=int, metavar="N")
    given = parser.parse_args()
    if given.record:
        write([one for kind in KINDS for one in _recorded(kind, given.record, given.seed)])
        return
    for kind in given.kinds:
        _survey(kind, given.examples, given.seed)


def _generate(kind: str, number: int, seed: int, look: Callable[[Case], None]) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number, deadline=None, database=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(KINDS[kind])
    def example(case: Case) -> None:
        look(case)

    example()


def _survey(kind: str, number: int, seed: int) -> None:
    sorts: dict[str, Found] = {}
    rows, exits = Counter[str](), Counter[int]()
    begin = time.monotonic()
    with Services() as services, Pair(old_side(), Side(sys.executable, ROOT), services) as pair:

        def look(case: Case) -> None:
            old, new = map(normalised, pair.run(case))
            exits[old["exit"]] += 1
            found, known = unexplained(case, old, new, differences(old, new))
            rows.update(known)
            if found:
                sorts.setdefault(_sort(found), []).append((case, found))

        _generate(kind, number, seed, look)
    for sort, cases in sorted(sorts.items(), key=lambda item: len(item[1])):
        case, found = min(cases, key=lambda one: len(one[0].shown()))
        print(f"=========== {len(cases)} times: {sort}\n{case.shown()}")
        for where, old, new in found[:12]:
            print(f"   {where}\n      old {old!r}\n      new {new!r}")
    print(f"{kind}: {exits.total()} examples, {time.monotonic() - begin:.0f} s")
    for row, times in rows.most_common():
        print(f"{times:6} {row}")
    for sort, cases in sorted(sorts.items(), key=lambda item: -len(item[1])):
        print(f"{len(cases):6} {sort}")
    print("exit codes", dict(exits))


def _sort(found: list[Difference]) -> str:
    where, old, new = found[0]
    if any(place == "/exit" for place, _, _ in found):
        pair = next(((o, n) for place, o, n in found if place.startswith("/stderr")), (old, new))
        return f"exit: {_general(pair[0])} -> {_general(pair[1])}"
    return f"{re.sub('/[0-9]+', '/N', where)}: {_general(old)} -> {_general(new)}"


def _general(value: object) -> str:
    text = value[-1] if isinstance(value, list) and value else value
    return re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "_", str(text))[:100]


def _recorded(kind: str, number: int, seed: int) -> list[Recorded]:
    """Short examples of which most is compared."""
    kept: dict[str, Recorded] = {}
    with Services() as services, Pair(old_side(), Side(sys.executable, ROOT), services) as pair:

        def look(case: Case) -> None:
            if len(case.text) > 5000 or case.text in kept or len(kept) >= number:
                return
            old, new = map(normalised, pair.run(case))
            found, rows = unexplained(case, old, new, differences(old, new))
            # Rows about the whole case would hide everything else.
            if not found and not rows & {row.row for row in CASES}:
                kept[case.text] = Recorded(case=case, outcome=old)

        _generate(kind, number * 8, seed, look)
    return list(kept.values())


if __name__ == "__main__":
    main()
