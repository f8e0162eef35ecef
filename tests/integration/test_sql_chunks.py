"""Packed points beside the rows of an SQL database: whatever happens, the rows are the truth."""

import contextlib
import datetime
import itertools
import math
import os
import random
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sacred import open_store
from sacred._base.timestamps import Timestamps
from sacred.stores.changes import AddPoints
from sacred.stores.sql.chunks import chunks_table_exists, create_chunks_table
from sacred.stores.sql.engine import make_engine
from sacred.stores.sql.old_triggers import has_old_triggers
from sacred.stores.sql.points import step_from, value_from
from sacred.stores.sql.storable_text import storable
from sacred.stores.sql.store import SqlStore
from sacred.stores.store import StoreError
from sacred.upkeep import discard, find_garbage, rebuild_copies, remove_garbage
from tests.crash_safety.effort import examples
from tests.services.processes import run_together

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901)
EPOCH = 1_767_323_045.678901
SIZE = 8
LONG = 2 * SIZE + 3  # two blocks, and points behind


@pytest.fixture(autouse=True)
def small_blocks(request, monkeypatch):
    """As if a block had few points."""
    if "processes" not in request.node.name:
        monkeypatch.setattr("sacred.stores.sql.chunks.POINTS_PER_CHUNK", SIZE)
        monkeypatch.setattr("sacred.stores.sql.points_reader.MIN_CHUNKED_POINTS", 5)
        monkeypatch.setattr("sacred.stores.sql.points_reader.POINTS_AT_ONCE", 3)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/runs.db"
    else:
        with request.getfixturevalue("postgres").database() as address:
            yield address


only_postgres = pytest.mark.parametrize("url", ["postgres"], indirect=True)


@pytest.fixture
def engine(url):
    """For those who change rows by hand."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def store(url):
    store = SqlStore(make_engine(url))
    yield store
    store.close()


def new_run(store, run_id=None):
    document = {
        "experiment": {"name": "ex"},
        "host": {},
        "status": "RUNNING",
        "start_time": NOW,
        "config": {},
        "info": {},
        "meta": {},
    }
    return store.create(run_id, document, [])


def points(start, count, values=None, *, steps=None, name="loss"):
    indices = range(start, start + count)
    return AddPoints(
        name=name,
        start=start,
        steps=list(indices) if steps is None else steps,
        values=[1 / (n + 1) for n in indices] if values is None else values,
        timestamps=Timestamps([EPOCH + n / 1000 for n in indices]),
    )


def add(store, run_id, *args, **kwargs):
    store.apply(run_id, [points(*args, **kwargs)])


def execute(engine, *statements):
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(engine, run_id, name="loss"):
    """Step, value and time of each point, as they stand in the rows."""
    query = (
        "SELECT step, step_json, value, value_json, timestamp FROM metric "
        f"WHERE run_id = '{run_id}' AND name = '{name}' ORDER BY position"
    )
    with engine.connect() as connection:
        found = connection.exec_driver_sql(query).all()
    return [
        (
            step_from(row[0], row[1]),
            value_from(row[2], row[3]),
            row[4] if isinstance(row[4], datetime.datetime) else moment(row[4]),
        )
        for row in found
    ]


def moment(text):
    return datetime.datetime.fromisoformat(text)


def read(url, run_id, name="loss"):
    """The same, as a reader has it."""
    with open_store(url) as opened:
        return list(opened.backend.reader().points(run_id, name).rows())


def blocks(engine, run_id="1"):
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            f"SELECT position FROM metric_block WHERE run_id = '{run_id}' ORDER BY position"
        )
        return [position for (position,) in found]


def falsify(engine):
    """Write into all blocks what nobody has stored; whoever reads it has not read the rows.

    The last point stays, for a reader looks at it.
    """
    zeros = "CAST(zeroblob(length(numbers) - 8) || substr(numbers, -8) AS BLOB)"
    if engine.dialect.name == "postgresql":
        zeros = "decode(repeat('00', length(numbers) - 8), 'hex')"
        zeros += " || substring(numbers from length(numbers) - 7)"
    execute(engine, f"UPDATE metric_block SET numbers = {zeros}")


def rebuild(url):
    """What ``sacred gc --check`` does."""
    with open_store(url) as opened:
        return rebuild_copies(opened)


def is_read_from_blocks(url, engine, run_id="1", name="loss"):
    falsify(engine)
    return 0.0 in [value for _, value, _ in read(url, run_id, name)]


# ------------------------------------------------------------------- written and read


@pytest.mark.parametrize("sizes", [(LONG,), (SIZE, SIZE, 3), (3,) * 12, (1, SIZE, 4, LONG)])
def test_points_of_full_blocks_are_packed_however_they_come(url, engine, store, sizes):
    run_id = new_run(store)
    for stop, size in zip(itertools.accumulate(sizes), sizes, strict=True):
        add(store, run_id, stop - size, size)
    assert blocks(engine) == list(range(0, sum(sizes) // SIZE * SIZE, SIZE))
    assert read(url, run_id) == rows(engine, run_id)
    assert is_read_from_blocks(url, engine)


def test_what_is_read_of_blocks_are_arrays(url, store):
    run_id = new_run(store)
    add(store, run_id, 0, LONG)
    add(store, run_id, 0, LONG, list(range(LONG)), name="count")
    add(store, run_id, 0, LONG, [math.nan, *[0.5] * (LONG - 1)], name="nan")
    with open_store(url) as opened:
        metrics = opened[1].metrics
        loss = metrics["loss"]
        kinds = (loss.points.steps.dtype, loss.points.values.dtype, loss.timestamps.dtype)
        assert kinds == ("int64", "float64", "datetime64[us]")
        assert (loss.steps[-1], loss.values[1]) == (LONG - 1, 0.5)
        assert loss.timestamps[0].item() == NOW
        assert metrics["count"].points.values.dtype == "int64"
        assert metrics["nan"].points.values.dtype == "float64"
        assert math.isnan(metrics["nan"].values[0])
        loss.values[0] = 7  # they are the reader's own


def test_without_numpy_it_is_the_same_as_lists(url, engine, store, monkeypatch):
    run_id = new_run(store)
    add(store, run_id, 0, LONG)
    monkeypatch.setitem(sys.modules, "numpy", None)
    add(store, run_id, LONG, SIZE)
    assert blocks(engine) == [0, SIZE, 2 * SIZE]
    found = store.reader().points(run_id, "loss")
    assert type(found.steps) is type(found.values) is list
    assert list(found.rows()) == rows(engine, run_id)
    assert is_read_from_blocks(url, engine)


odd = {
    "text": ["text", *[1.5] * (LONG - 1)],
    "mixed": [1, *[1.5] * (LONG - 1)],
    "bools": [True] * LONG,
    "beyond 64 bits": [2**63] * LONG,
    "none": [None] * LONG,
}


@pytest.mark.parametrize("values", odd.values(), ids=odd)
def test_what_does_not_go_into_blocks_is_read_from_rows(url, engine, store, values):
    run_id = new_run(store)
    add(store, run_id, 0, LONG, values)
    assert [value for _, value, _ in read(url, run_id)] == values
    kinds = [type(value) for _, value, _ in read(url, run_id)]
    assert kinds == list(map(type, values))
    assert blocks(engine) == ([SIZE] if values[-1] == 1.5 else [])


@pytest.mark.parametrize(
    "steps",
    [
        list(range(LONG))[::-1],
        [0] * LONG,
        [n * n for n in range(LONG)],
        [2**60 + n for n in range(LONG)],
        [None] * LONG,
        [n / 2 for n in range(LONG)],
    ],
    ids=["backwards", "all the same", "squares", "huge", "none", "halves"],
)
def test_any_steps(url, engine, store, steps):
    run_id = new_run(store)
    add(store, run_id, 0, LONG, steps=steps)
    assert [step for step, _, _ in read(url, run_id)] == steps
    assert read(url, run_id) == rows(engine, run_id)


def test_rows_are_what_sqlalchemy_would_have_stored(tmp_path):
    """For SQLite, we make the texts of times ourselves."""
    times = [NOW, NOW.replace(microsecond=0), datetime.datetime(33, 1, 2), None]
    times += [NOW.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=1)))]
    found = []
    for name, single in (("a", True), ("b", False)):
        store = SqlStore(make_engine(f"sqlite:///{tmp_path}/{name}.db"))
        run_id = new_run(store)
        for n, some in enumerate([[moment] for moment in times] if single else [times]):
            add_points = AddPoints(
                name="m", start=n, steps=[0] * len(some), values=[1.0] * len(some), timestamps=some
            )
            store.apply(run_id, [add_points])
        store.close()
        with contextlib.closing(sqlite3.connect(tmp_path / f"{name}.db")) as connection:
            found.append(connection.execute("SELECT * FROM metric ORDER BY position").fetchall())
    assert found[0] == found[1]
    assert [row[5] for row in found[0]][:3] == [
        "2026-01-02 03:04:05.678901",
        "2026-01-02 03:04:05.000000",
        "0033-01-02 00:00:00.000000",
    ]


@given(st.sets(st.text(max_size=3) | st.sampled_from(["loss", "Loss", "loss ", "é", "a/b"])))
@settings(
    max_examples=examples(6, 15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_names_of_metrics_are_found_without_a_look_at_each_point(store, names):
    run_id, other = new_run(store), new_run(store)
    names = {str(storable(name)) for name in names}
    store.apply(run_id, [points(0, 2, name=name) for name in names])
    store.apply(other, [points(0, 1, name="other")])
    found = store.reader().metric_names(run_id)
    assert len(found) == len(names)
    assert set(found) == names


# ------------------------------------------------------------------ changed by others


def by_hand(dialect):
    """Statements that somebody may execute, and whether a reader notices at once."""
    seen = [
        "UPDATE metric SET value = -value WHERE run_id = '1'",
        "UPDATE metric SET value = 8.5 WHERE run_id = '1' AND position >= {at}",
        "DELETE FROM metric WHERE run_id = '1' AND position = {at}",
        "DELETE FROM metric WHERE run_id = '1' AND position >= {at}",
        "UPDATE metric SET position = position - {at} - 1 WHERE position = {at}",
        "UPDATE metric SET run_id = '2', position = position + 1000000 WHERE run_id = '1' "
        "AND position = {at}",
        "INSERT INTO metric (run_id, name, position, step, value, timestamp) "
        "SELECT run_id, name, position - 1000, step, value, timestamp FROM metric "
        "WHERE run_id = '1' AND position = {at}",
        "INSERT INTO metric (run_id, name, position, step, value, timestamp) "
        "SELECT run_id, name, position + 100000, step, value, timestamp FROM metric "
        "WHERE run_id = '1' AND position < 5",
    ]
    single = [
        "UPDATE metric SET value = 7.5 WHERE run_id = '1' AND position = {at}",
        "UPDATE metric SET timestamp = '2020-01-01 00:00:00.000000' WHERE position = {at}",
        "UPDATE metric SET step_json = '{at}.5' WHERE position = {at}",
        "INSERT INTO metric (run_id, name, position, step, value, timestamp) "
        "VALUES ('1', 'loss', {at}, 1, 2.5, '2020-01-01 00:00:00.000000') "
        "ON CONFLICT (run_id, name, position) DO UPDATE SET value = 9",
    ]
    if dialect == "sqlite":
        seen += [
            "INSERT OR IGNORE INTO metric (run_id, name, position, step, value, timestamp) "
            "VALUES ('1', 'loss', {at} + 0.5, 1, 2.5, '2020-01-01 00:00:00.000000')",
            "UPDATE OR REPLACE metric SET position = 0 WHERE run_id = '1' AND position = {at}",
            "UPDATE OR FAIL metric SET value = 0.25 WHERE run_id = '1'",
            "DELETE FROM metric",
        ]
        single += [
            "INSERT OR REPLACE INTO metric (run_id, name, position, step, value, timestamp) "
            "VALUES ('1', 'loss', {at}, 1, 2.5, '2020-01-01 00:00:00.000000')",
        ]
    else:
        seen += [
            "TRUNCATE metric",
            "TRUNCATE metric, metric_block",
            "DELETE FROM metric USING run WHERE metric.run_id = run.run_id AND position = {at}",
        ]
    return [*((statement, True) for statement in seen), *((one, False) for one in single)]


def fresh_run(store):
    """Run 1, with blocks."""
    with contextlib.suppress(StoreError):
        store.discard("1")
        store.remove("1")
    new_run(store, "1")
    add(store, "1", 0, LONG)


def test_after_changes_by_hand_the_rows_are_read(url, engine, store):
    for statement, is_seen in by_hand(engine.dialect.name):
        fresh_run(store)
        execute(engine, statement.format(at=SIZE + 2))
        assert (read(url, "1") == rows(engine, "1")) == is_seen, statement
        # And whatever comes later.
        add(store, "1", 200_000, 2 * SIZE)
        assert len(read(url, "1")) == len(rows(engine, "1")), statement
        rebuild(url)
        assert read(url, "1") == rows(engine, "1"), statement


def test_a_check_renews_what_differs_and_what_is_missing(url, engine, store):
    run_id = new_run(store)
    for name in ("loss", "acc", "short"):
        add(store, run_id, 0, 3 if name == "short" else LONG, name=name)
    assert rebuild(url) == []
    execute(
        engine,
        "UPDATE metric SET value = 7.5 WHERE name = 'loss' AND position = 3",
        f"DELETE FROM metric_block WHERE name = 'acc' AND position = {SIZE}",
    )
    assert rebuild(url) == ["metric acc of run 1", "metric loss of run 1"]
    assert rebuild(url) == []
    assert read(url, run_id)[3][1] == 7.5
    assert is_read_from_blocks(url, engine, name="acc")
    execute(engine, "DELETE FROM metric WHERE name = 'loss'")
    assert rebuild(url) == ["metric acc of run 1", "metric loss of run 1"]
    assert set(blocks(engine)) == {0, SIZE}


def test_points_that_are_stored_again_leave_the_blocks(url, engine, store):
    """As when a copy that was interrupted is made again."""
    run_id = new_run(store)
    add(store, run_id, 0, SIZE)
    add(store, run_id, SIZE, LONG, [*[0.25] * (LONG - 1), math.nan])
    add(store, run_id, 0, SIZE)
    add(store, run_id, SIZE, LONG, [*[0.25] * (LONG - 1), math.nan])
    assert blocks(engine) == [0, SIZE, 2 * SIZE]
    assert is_read_from_blocks(url, engine)
    add(store, run_id, SIZE, 2, [7.5, 7.5])
    assert blocks(engine) == [0, 2 * SIZE]
    assert read(url, run_id)[SIZE][1] == 7.5
    rebuild(url)
    assert repr(read(url, run_id)) == repr(rows(engine, run_id))


_edits = st.tuples(st.integers(0, 15), st.integers(0, LONG + 9))
_sizes = st.integers(1, SIZE + 1)
_values = st.sampled_from(["floats", "integers", "nan", "text"])
_actions = st.one_of(
    st.tuples(st.just("add"), st.tuples(_sizes, _values)),
    st.tuples(st.just("rewrite"), st.tuples(st.integers(0, LONG), _sizes, _values)),
    st.tuples(st.just("edit"), _edits),
    st.tuples(st.just("take back"), _edits),
)


def made(kind, count):
    values = {
        "floats": [0.1 * n for n in range(count)],
        "integers": list(range(count)),
        "nan": [math.nan if n % 5 == 0 else -math.inf for n in range(count)],
        "text": ["text" if n == count // 2 else 1.0 for n in range(count)],
    }
    return values[kind]


def act(store, engine, action, details):
    with engine.connect() as connection:
        query = "SELECT max(position) FROM metric WHERE run_id = '1' AND name = 'loss'"
        last = connection.exec_driver_sql(query).scalar()
    if action == "add":
        size, kind = details
        start = 0 if last is None else max(int(last) + 1, 0)
        add(store, "1", start, size, made(kind, size))
    elif action == "rewrite":
        start, size, kind = details
        add(store, "1", start, size, made(kind, size))
    else:
        number, at = details
        statements = by_hand(engine.dialect.name)
        with engine.connect() as connection, contextlib.suppress(sa.exc.IntegrityError):
            connection.exec_driver_sql(statements[number % len(statements)][0].format(at=at))
            if action == "edit":
                connection.commit()


@given(st.lists(_actions, min_size=1, max_size=6))
@settings(
    max_examples=examples(8, 20),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_blocks_are_read_as_the_rows_would_be(url, engine, store, actions):
    fresh_run(store)
    assert blocks(engine) == [0, SIZE]
    reader = store.reader()
    for action, details in actions:
        act(store, engine, action, details)
        if action == "edit":
            rebuild(url)
        assert repr(list(reader.points("1", "loss").rows())) == repr(rows(engine, "1"))


# --------------------------------------------------------------- transactions in turns


@pytest.mark.parametrize("number", range(6))
def test_a_reader_sees_one_state(url, engine, store, number):
    """Whatever happens behind the first, second, ... of its questions."""
    run_id = new_run(store)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
                pytest.skip("not on a local disk: there, who writes waits for who reads")
    add(store, run_id, 0, LONG)
    before = rows(engine, run_id)
    asked = []

    def disturb(connection, cursor, statement, *rest):
        asked.append(statement)
        if len(asked) == number + 1:
            execute(engine, "UPDATE metric SET value = 5.5 WHERE position < 16")
            add(store, run_id, LONG, SIZE)

    with open_store(url) as opened:
        reader = opened.backend.reader()
        assert reader.metric_names(run_id) == ["loss"]
        reading = reader.engine
        sa.event.listen(reading, "after_cursor_execute", disturb)
        found = reader.points(run_id, "loss")
        sa.event.remove(reading, "after_cursor_execute", disturb)
    pairs = list(zip(found.steps.tolist(), found.values.tolist(), strict=True))
    states = [[row[:2] for row in state] for state in (before, rows(engine, run_id))]
    assert pairs in states
    assert number >= len(asked) or states[0] != states[1]


WRITER = """\
import datetime, sys
from sacred.stores.changes import AddPoints
from sacred.stores.sql.store import SqlStore
from sacred.stores.sql.engine import make_engine

now = datetime.datetime(2026, 1, 2)

def write(run_id, count):
    store = SqlStore(make_engine(sys.argv[1]))
    if run_id is None:
        document = {"experiment": {"name": "ex"}, "host": {}, "status": "RUNNING"}
        run_id = store.create(None, document, [])
    for start in range(0, count, 1500):
        steps, values = list(range(1500)), [start + n / 2 for n in range(1500)]
        points = AddPoints(
            name="loss", start=start, steps=steps, values=values, timestamps=[now] * 1500
        )
        store.apply(run_id, [points])
        if count > 10_000:
            print(start, flush=True)
    return run_id
"""


@pytest.mark.slow
def test_processes_that_write_do_not_disturb_each_other(url, engine):
    ids = run_together(3, WRITER, "print(write(None, 9000))", url)
    assert sorted(ids) == [1, 2, 3]
    for run_id in ids:
        assert blocks(engine, run_id) == [0, 4096]
        assert len(read(url, run_id)) == 9000
        assert read(url, run_id) == rows(engine, run_id)


@pytest.mark.slow
def test_processes_that_are_killed_leave_rows_and_blocks_that_agree(url, engine, store):
    new_run(store, "1")
    writer = subprocess.Popen(
        [sys.executable, "-c", f"{WRITER}\nwrite('1', 10**9)", url],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    for _ in range(4):
        writer.stdout.readline()
    time.sleep(random.random() / 5)
    writer.kill()
    writer.wait()
    writer.stdout.close()
    found = read(url, "1")
    assert len(found) >= 6000
    assert found == rows(engine, "1")
    # The next one goes on behind.
    add(store, "1", len(found), 4096)
    assert read(url, "1") == rows(engine, "1")
    assert is_read_from_blocks(url, engine)


# ------------------------------------------------------- without blocks, or with old ones


def drop_everything(engine):
    execute(engine, "DROP TABLE metric_block")


def test_a_database_without_blocks_is_read_and_gets_some_for_new_points(url, engine, store):
    run_id = new_run(store)
    add(store, run_id, 0, LONG)
    drop_everything(engine)
    assert read(url, run_id) == rows(engine, run_id)
    other = SqlStore(make_engine(url))
    add(other, run_id, LONG, SIZE)
    other.close()
    assert blocks(engine) == [2 * SIZE]
    assert read(url, run_id) == rows(engine, run_id)


@only_postgres
def test_who_waits_while_another_creates_the_table_finds_it(engine):
    """As processes do that are the first to use a database, at the same time."""
    lock = sa.text("SELECT pg_advisory_xact_lock(7)")
    with engine.connect() as first, engine.connect() as second:
        assert not chunks_table_exists(second)
        second.rollback()
        first.execute(lock)

        def wait_and_create():
            second.execute(lock)
            create_chunks_table(second)
            second.commit()

        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(wait_and_create)
            while not first.scalar(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                time.sleep(0.01)
            create_chunks_table(first)
            first.commit()
            waiting.result()  # it has not tried to create the table once more


def test_somebody_drops_the_blocks_while_a_run_goes_on(url, engine, store):
    run_id = new_run(store)
    add(store, run_id, 0, LONG)
    drop_everything(engine)
    add(store, run_id, LONG, LONG)
    assert read(url, run_id) == rows(engine, run_id)


#: What an earlier version made, as far as readers and writers notice.
OLD_TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER metric_point_changed AFTER UPDATE ON metric BEGIN "
        "INSERT INTO metric_block (run_id, name, position) SELECT OLD.run_id, OLD.name, -1 "
        "WHERE NOT EXISTS (SELECT 1 FROM metric_block WHERE position = -1); END",
    ],
    "postgresql": [
        "CREATE FUNCTION metric_points_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO metric_block (run_id, name, position) "
        "SELECT DISTINCT run_id, name, -1 FROM rows_before ON CONFLICT DO NOTHING; "
        "RETURN NULL; END $$",
        "CREATE TRIGGER metric_points_updated AFTER UPDATE ON metric "
        "REFERENCING OLD TABLE AS rows_before FOR EACH STATEMENT "
        "EXECUTE FUNCTION metric_points_changed()",
    ],
}


def has_triggers(engine):
    with engine.connect() as connection:
        return has_old_triggers(connection)


def test_triggers_of_earlier_versions_are_heeded_and_dropped_by_the_next_writer(url, engine, store):
    run_id = new_run(store)
    add(store, run_id, 0, LONG)
    add(store, run_id, 0, LONG, name="acc")
    execute(engine, *OLD_TRIGGERS[engine.dialect.name])
    execute(engine, "UPDATE metric SET value = 7.5 WHERE name = 'loss' AND position = 3")
    assert blocks(engine)[0] == -1
    assert read(url, run_id) == rows(engine, run_id)
    assert has_triggers(engine)  # who reads changes nothing
    other = SqlStore(make_engine(url))
    new_run(other)
    other.close()
    assert not has_triggers(engine)
    assert blocks(engine) == [0, SIZE]  # those of the other metric
    assert read(url, run_id) == rows(engine, run_id)
    assert rebuild(url) == ["metric loss of run 1"]
    assert is_read_from_blocks(url, engine)


def test_a_damaged_block_is_left_out(url, engine, store):
    run_id = new_run(store)
    add(store, run_id, 0, LONG)
    execute(engine, f"UPDATE metric_block SET numbers = steps WHERE position = {SIZE}")
    assert read(url, run_id) == rows(engine, run_id)
    execute(engine, "UPDATE metric_block SET kind = 'O', times = NULL")
    assert read(url, run_id) == rows(engine, run_id)


@only_postgres
def test_who_may_not_make_tables_or_drop_triggers_stores_rows(url):
    store = SqlStore(make_engine(url))
    new_run(store)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    drop_everything(engine)
    execute(
        engine,
        "DROP ROLE IF EXISTS limited",
        "CREATE ROLE limited LOGIN PASSWORD 'secret'",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO limited",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO limited",
        *OLD_TRIGGERS["postgresql"],
    )
    limited = SqlStore(make_engine(url.replace("postgres:secret", "limited:secret")))
    run_id = new_run(limited)
    add(limited, run_id, 0, LONG)
    assert has_triggers(engine)
    assert len(read(url, run_id)) == LONG
    # Blocks are there, but this one may not read them.
    other = SqlStore(make_engine(url))
    add(other, run_id, LONG, SIZE)
    other.close()
    assert blocks(engine, run_id) == [2 * SIZE]
    assert len(limited.reader().points(run_id, "loss")) == LONG + SIZE
    limited.close()
    store.close()
    execute(engine, "DROP OWNED BY limited", "DROP ROLE limited")
    engine.dispose()


def test_a_database_in_memory_has_rows_alone():
    store = SqlStore(make_engine("sqlite://"))
    run_id = new_run(store)
    add(store, run_id, 0, LONG)
    assert not sa.inspect(store.database.engine).has_table("metric_block")
    assert len(store.reader().points(run_id, "loss")) == LONG
    store.close()


# --------------------------------------------------------------------------- removal


def test_blocks_go_with_their_run(url, engine, store):
    run_id = new_run(store)
    add(store, run_id, 0, LONG)
    store.discard(run_id)
    assert blocks(engine) == [0, SIZE]
    store.remove(run_id)
    assert blocks(engine) == []


def test_no_blocks_of_a_deleted_run_are_inherited(url, engine, store):
    run_id = new_run(store)
    add(store, run_id, 0, LONG)
    execute(engine, "DELETE FROM metric", "DELETE FROM run")
    assert new_run(store) == run_id
    assert blocks(engine) == []
    add(store, run_id, 0, SIZE)
    assert read(url, run_id) == rows(engine, run_id)
    assert is_read_from_blocks(url, engine)


@pytest.mark.parametrize("rows_too", [False, True])
def test_blocks_left_behind_are_garbage(url, engine, store, rows_too):
    new_run(store)
    add(store, new_run(store), 0, LONG)
    execute(engine, "DELETE FROM run WHERE run_id = '2'")
    if rows_too:
        execute(engine, "DELETE FROM metric WHERE run_id = '2'")
    with open_store(url) as opened:
        waste = find_garbage(opened, grace=datetime.timedelta(0))
        assert [item.name for item in waste.garbage if item.kind == "metric"] == ["loss of run 2"]
        remove_garbage(opened, waste)
        assert not find_garbage(opened, grace=datetime.timedelta(0))
    assert blocks(engine, "2") == []


def test_the_trash_and_back(url, engine, store):
    run_id = new_run(store)
    add(store, run_id, 0, LONG)
    with open_store(url) as opened:
        discard(opened, [run_id])
        opened.backend.recover(run_id)
    assert is_read_from_blocks(url, engine)
