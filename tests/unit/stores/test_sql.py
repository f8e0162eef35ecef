"""What of the SQL store can be seen without a server: URLs, drivers, statements, errors."""

import sys

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import exc
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.schema import CreateTable

from sacred._base.errors import MissingExtraError
from sacred.stores.sql import engine, migrations
from sacred.stores.sql.database import is_on_local_disk
from sacred.stores.sql.engine import make_engine, url_of
from sacred.stores.sql.errors import translate_errors
from sacred.stores.sql.migrations import is_narrower
from sacred.stores.sql.models import Artifact, Base, Metric, Run
from sacred.stores.sql.points import step_from, step_to, steps_from, value_from, value_to
from sacred.stores.sql.run_row import columns_for
from sacred.stores.sql.storable_text import storable
from sacred.stores.store import StoreError, StorePermissionError, StoreUnavailableError

# ------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    ("installed", "given", "driver"),
    [
        ({"psycopg"}, "postgresql://h/d", "postgresql+psycopg"),
        ({"psycopg", "psycopg2"}, "postgresql://h/d", "postgresql"),
        (set(), "postgresql://h/d", "postgresql"),
        ({"psycopg"}, "postgresql+psycopg2://h/d", "postgresql+psycopg2"),
        ({"pymysql"}, "mysql://h/d", "mysql+pymysql"),
        ({"pymysql"}, "mariadb://h/d", "mariadb+pymysql"),
        (set(), "sqlite:////d", "sqlite"),
    ],
)
def test_a_driver_that_is_installed(monkeypatch, installed, given, driver):
    monkeypatch.setattr(engine, "is_installed", installed.__contains__)
    assert url_of(given).drivername == driver


def test_a_driver_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(MissingExtraError, match='pip install "pymysql"'):
        make_engine("mysql+pymysql://h/d")


def test_without_sqlalchemy(monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(MissingExtraError, match=r'pip install "sacred\[sql\]"'):
        make_engine("sqlite://")


def test_no_url():
    with pytest.raises(StoreError, match="that is no database URL") as caught:
        make_engine("me:secret@host")
    assert "secret" not in str(caught.value)


def test_an_unknown_database():
    with pytest.raises(StoreError, match="SQLAlchemy knows no database 'nosuch'"):
        make_engine("nosuch://host/d")


def test_relative_paths_become_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert url_of("sqlite:///a/b.db").database == str(tmp_path / "a" / "b.db")
    for special in ("sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=ro&uri=true"):
        assert url_of(special) == sa.make_url(special)


def test_waiting_has_limits_unless_the_user_sets_others():
    limits = engine.connection_limits(sa.make_url("postgresql+psycopg://h/d?connect_timeout=99"))
    assert "connect_timeout" not in limits
    assert limits["tcp_user_timeout"] == 60_000
    assert engine.connection_limits(sa.make_url("sqlite:////d")) == {"timeout": 60}


# ---------------------------------------------------------------------- statements


def test_every_text_is_unbounded_on_mysql():
    for table in Base.metadata.tables.values():
        for column in table.columns:
            kind = column.type.compile(mysql.dialect())
            assert kind not in ("TEXT", "BLOB", "DATETIME", "FLOAT"), column
    statement = str(CreateTable(Artifact.__table__).compile(dialect=mysql.dialect()))
    assert "content LONGBLOB" in statement
    assert "filename LONGTEXT CHARACTER SET utf8mb4" in statement


def test_the_points_of_a_metric_lie_side_by_side():
    statement = str(CreateTable(Metric.__table__).compile(dialect=sqlite.dialect()))
    assert "PRIMARY KEY (run_id, name, position)" in statement
    assert "WITHOUT ROWID" in statement


@pytest.mark.parametrize(
    ("before", "wanted", "expected"),
    [
        (mysql.TEXT(), mysql.LONGTEXT(), True),
        (mysql.VARCHAR(64), mysql.LONGTEXT(charset="utf8mb4"), True),
        (mysql.ENUM("A", "B"), mysql.LONGTEXT(), True),
        (mysql.BLOB(), mysql.LONGBLOB(), True),
        (mysql.DATETIME(), mysql.DATETIME(fsp=6), True),
        (mysql.VARCHAR(32), mysql.VARCHAR(255), True),
        (mysql.VARCHAR(500), mysql.VARCHAR(255), False),
        (mysql.LONGTEXT(), mysql.VARCHAR(255), False),
        (mysql.LONGTEXT(), mysql.LONGTEXT(charset="utf8mb4"), False),
        (mysql.DATETIME(fsp=6), mysql.DATETIME(fsp=6), False),
        (mysql.FLOAT(), sa.Double(), False),
        (mysql.INTEGER(display_width=11), sa.Integer(), False),
    ],
)
def test_what_must_grow_on_mysql(before, wanted, expected):
    assert is_narrower(before, wanted, mysql.dialect()) is expected


@pytest.mark.parametrize(
    ("before", "wanted", "expected"),
    [
        (postgresql.ENUM("A", name="e"), sa.Text(), True),
        (sa.VARCHAR(64), sa.Text(), True),
        (sa.VARCHAR(32), sa.String(255), True),
        (sa.VARCHAR(500), sa.String(255), False),
        (sa.TEXT(), sa.Text(), False),
        (sa.VARCHAR(), sa.Text(), False),
        (postgresql.BYTEA(), sa.LargeBinary(), False),
        (postgresql.DOUBLE_PRECISION(), sa.Double(), False),
    ],
)
def test_what_must_grow_on_postgresql(before, wanted, expected):
    assert is_narrower(before, wanted, postgresql.dialect()) is expected


def test_statements_for_an_old_table_on_mysql():
    existing = {
        "id": {"name": "id", "type": mysql.INTEGER()},
        "run_id": {"name": "run_id", "type": mysql.VARCHAR(24)},
        "captured_out": {"name": "captured_out", "type": mysql.TEXT()},
    }
    statements = migrations.column_statements(Run.__table__, existing, mysql.dialect())
    grow = "ALTER TABLE run MODIFY COLUMN captured_out LONGTEXT CHARACTER SET utf8mb4"
    assert grow in statements
    assert "ALTER TABLE run ADD COLUMN result_json LONGTEXT CHARACTER SET utf8mb4" in statements
    assert not [text for text in statements if " run_id " in text]  # others refer to it


# -------------------------------------------------------------------------- values

_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=2)
)


@given(_values)
def test_values_and_steps_come_back(value):
    for there, back in ((value_to, value_from), (step_to, step_from)):
        again = back(*there(value))
        assert again == value
        assert type(again) is type(value)


@given(st.lists(st.floats() | st.none() | st.integers(-5, 5).map(float), min_size=1, max_size=5))
@example([float("inf"), 1.0])
@example([1e300])
def test_a_column_of_steps_has_the_steps_of_its_rows(numbers):
    """Also of such as nobody here writes, but a database may hold."""
    column = steps_from(numbers, [None] * len(numbers))
    found = column.tolist() if hasattr(column, "tolist") else column
    assert list(map(repr, found)) == [repr(step_from(number, None)) for number in numbers]


@given(st.text() | st.text(st.characters(categories=["Cs", "Cc"])))
def test_texts_become_storable_character_by_character(text):
    stored = storable(text)
    assert len(stored) == len(text)
    assert "\0" not in stored
    assert stored.encode().decode() == stored
    assert storable(stored) == stored


@pytest.mark.parametrize(
    ("meta", "priority", "comment"),
    [
        ({}, 0.0, ""),
        ({"priority": "3.5", "comment": "c"}, 3.5, "c"),
        ({"priority": "high", "comment": ["a"]}, None, '["a"]'),
        ({"priority": None, "comment": None}, None, "null"),
    ],
)
def test_meta_information_of_any_kind(meta, priority, comment):
    columns = columns_for({"meta": meta})
    assert (columns["priority"], columns["comment"]) == (priority, comment)


# -------------------------------------------------------------------------- errors


class _DriverError(Exception):
    sqlstate: str | None = None


def error_of(kind, *arguments, sqlstate=None, invalidated=False):
    original = _DriverError(*arguments)
    original.sqlstate = sqlstate
    return kind("SELECT 1", {}, original, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (error_of(exc.OperationalError, "no route\nhelp"), StoreUnavailableError),
        (error_of(exc.InterfaceError, "closed"), StoreUnavailableError),
        (error_of(exc.ProgrammingError, "gone", invalidated=True), StoreUnavailableError),
        (error_of(exc.OperationalError, 1045, "Access denied for user"), StorePermissionError),
        (error_of(exc.OperationalError, 1142, "no INSERT"), StorePermissionError),
        (error_of(exc.ProgrammingError, "no", sqlstate="42501"), StorePermissionError),
        (error_of(exc.DatabaseError, "file is not a database"), StoreError),
        (exc.TimeoutError("pool"), StoreUnavailableError),
        (error_of(exc.ProgrammingError, "syntax"), exc.ProgrammingError),
        (error_of(exc.DataError, "out of range"), exc.DataError),
        (ValueError("mine"), ValueError),
    ],
)
def test_errors_of_drivers(error, kind):
    with pytest.raises(kind) as caught, translate_errors("place"):
        raise error
    assert type(caught.value) is kind
    if isinstance(caught.value, StoreError):
        assert str(caught.value).startswith("place")
        assert "\n" not in str(caught.value)


def test_where_a_disk_is(tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"d / ext4 rw 0 0\nserver:/x {tmp_path}/net nfs4 rw 0 0\n")
    real_open = open
    monkeypatch.setattr(
        "builtins.open",
        lambda name, *a, **k: real_open(mounts if name == "/proc/self/mounts" else name, *a, **k),
    )
    assert is_on_local_disk(f"{tmp_path}/runs.db")
    assert not is_on_local_disk(f"{tmp_path}/net/runs.db")
