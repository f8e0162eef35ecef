"""The whole cost of a run: its process, the server, and every byte that is written."""

from __future__ import annotations

from benchmarks.model import LIMIT, Row, Scenario, Target

__all__ = ["SCENARIOS"]

_SERVERS = ("mongo", "postgres")
_LIMITS = {
    "file": "`json.dumps` of each point, appended to a file as a line",
    "sqlite": "inserts by `sqlite3`, 25 000 rows a transaction",
    "postgres": "`executemany` of psycopg, 25 000 rows a transaction",
    "mongo": "documents of up to 100 000 points, `insert_one` each",
}
#: Times the limit's time; times the bytes of the store.
_TARGETS = {
    "file": (Target(1.3, LIMIT), Target(3, "1")),
    "sqlite": (Target(3, LIMIT), Target(4, "1")),
    "postgres": (Target(3, LIMIT), Target(4, "1")),
    "mongo": (Target(2, "1"), Target(3, "1")),
}


def _metrics(store: str, number: int) -> Scenario:
    time, written = _TARGETS[store]
    title = f"1 000 000 points on {number} metric{'s' if number > 1 else ''}: {store}"
    return Scenario(
        name=f"cost-{store}-{number}",
        workload="whole_cost.py",
        arguments=(store, "metrics", str(number)),
        limit=_LIMITS[store],
        old="sacred" if store == "mongo" else None,
        mongo=store == "mongo",
        postgres=store == "postgres",
        rounds=3,
        rows=(
            Row(title=title, measure="seconds", unit="s", targets=(time,)),
            *_of_server(store, (Target(1, "1"),) if store == "mongo" else ()),
            Row(title="the same: bytes written", measure="written", unit="MB", scale=1e-6),
            Row(
                title="the same: bytes written for each byte of the store",
                measure="amplification", unit="×", targets=(written,),
            ),
        ),
    )  # fmt: skip


def _paced(store: str) -> Scenario:
    growth = (Target(1.25, "1"),)
    rows = [
        Row(
            title=f"20 000 points a second on 10 metrics, 50 s: {store}, CPU",
            measure="work", unit="s",
        ),
        Row(
            title="the same: second half compared with the first",
            measure="work_growth", unit="×", targets=growth,
        ),
        *_of_server(store),
        Row(title="the same: bytes written", measure="written", unit="MB", scale=1e-6),
        Row(
            title="the same: second half compared with the first",
            measure="written_growth", unit="×", targets=growth,
        ),
    ]  # fmt: skip
    if store in _SERVERS:
        server = Row(
            title="the same: CPU of the server, second half compared with the first",
            measure="server_growth", unit="×", targets=growth,
        )  # fmt: skip
        rows.insert(-2, server)
    return Scenario(
        name=f"cost-{store}-paced",
        workload="whole_cost.py",
        arguments=(store, "paced", "10"),
        limit="the bytes of the points alone, written once",
        old=None,
        mongo=store == "mongo",
        postgres=store == "postgres",
        rounds=1,
        rows=tuple(rows),
    )


def _content(store: str, what: str, title: str) -> Scenario:
    return Scenario(
        name=f"cost-{store}-{what}",
        workload="whole_cost.py",
        arguments=(store, what),
        limit="the bytes, written once to a file",
        old=None,
        mongo=store == "mongo",
        postgres=store == "postgres",
        rounds=3,
        rows=(
            Row(title=f"{title}: {store}", measure="seconds", unit="s"),
            *_of_server(store),
            Row(title="the same: bytes written", measure="written", unit="MB", scale=1e-6),
        ),
    )


def _of_server(store: str, targets: tuple[Target, ...] = ()) -> list[Row]:
    title = "the same: CPU of the server"
    row = Row(title=title, measure="server", unit="s", targets=targets)
    return [row] if store in _SERVERS else []


SCENARIOS = (
    *(_metrics(store, number) for store in _TARGETS for number in (1, 10)),
    *(_paced(store) for store in _TARGETS),
    *(_content(store, "output", "300 000 lines of output (19 MB)") for store in _TARGETS),
    *(_content(store, "artifacts", "an artifact of 50 MB") for store in _TARGETS),
)
