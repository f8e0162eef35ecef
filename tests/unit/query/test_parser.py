"""The query language: what a text means, and how mistakes are explained."""

import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.query import QueryError, parse
from sacred.query.syntax import (
    EVERYTHING,
    And,
    Compare,
    ComparePaths,
    IsTrue,
    Matches,
    Member,
    Missing,
    Not,
    Or,
    Path,
    Search,
)
from sacred.query.times import duration_of, time_range_of

NOW = datetime.datetime(2026, 5, 10, 12, 30)


def only(text):
    return parse(text, NOW)


@pytest.mark.parametrize(
    ("text", "field", "steps"),
    [
        ("status", "status", ()),
        ("config.opt.lr", "config", ("opt", "lr")),
        ("opt.lr", "config", ("opt", "lr")),
        ("lr", "config", ("lr",)),
        ("config.layers.0.size", "config", ("layers", "0", "size")),
        ("config.layers[0].size", "config", ("layers", "0", "size")),
        ('config["a b"].c', "config", ("a b", "c")),
        ("config.`a.b`", "config", ("a.b",)),
        ('config."x-y"', "config", ("x-y",)),
        ("metrics.train/loss.min", "metrics", ("train/loss", "min")),
        ("_id", "id", ()),
        ("`and`", "config", ("and",)),
        ("größe", "config", ("größe",)),
    ],
)
def test_paths(text, field, steps):
    assert only(f"missing({text})") == Missing(Path(field, steps))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-1.5e-3", -0.0015),
        ("1_000", 1000),
        (".5", 0.5),
        ("true", True),
        ("False", False),
        ('"true"', "true"),
        (r"'it\'s'", "it's"),
        (r'"a\"b\n"', 'a"b\n'),
        ("adam", "adam"),
        ("a/b", "a/b"),
        ("result", "result"),
        ("-inf", -math.inf),
        ("inf", math.inf),
        ("1h", 3600.0),
        ("1h30m", 5400.0),
        ("250ms", 0.25),
        ("`and`", "and"),
    ],
)
def test_values(text, value):
    found = only(f"config.x = {text}").value
    assert (type(found), found) == (type(value), value)


def test_nan_is_a_value():
    assert math.isnan(only("x = nan").value)


def test_null_is_what_is_missing():
    assert only("x = null") == Missing(Path("config", ("x",)))
    assert only("x != None") == Not(Missing(Path("config", ("x",))))


def test_and_binds_more_than_or_and_not_most():
    a, b, c = (IsTrue(Path("config", (name,))) for name in "abc")
    assert only("a or b and not c") == Or((a, And((b, Not(c)))))
    assert only("(a or b) and c") == And((Or((a, b)), c))
    assert only("not not a") == a
    assert only("a && !b || c") == Or((And((a, Not(b))), c))
    assert only("A AND NOT B") == And(
        (IsTrue(Path("config", ("A",))), Not(IsTrue(Path("config", ("B",)))))
    )


def test_forms_of_tests():
    tags, config = Path("tags"), Path("config", ("x",))
    assert only("") == only("  \n") == EVERYTHING
    assert only('"some text"') == Search("some text")
    assert only("base in tags") == only('"base" in tags') == Member("base", tags)
    assert only('"(" in tags') == Member("(", tags)
    assert only("base not in tags") == Not(Member("base", tags))
    assert (
        only("x in (1, 2,)")
        == only("x in [1, 2]")
        == Or((Compare(config, "=", 1), Compare(config, "=", 2)))
    )
    assert only("x in ()") == Or(())
    assert only("1 < x") == Compare(config, ">", 1)
    assert only("metrics.a.min < metrics.b.last") == ComparePaths(
        Path("metrics", ("a", "min")), "<", Path("metrics", ("b", "last"))
    )
    assert isinstance(only("x ~ /a b\\/c/i"), Matches)
    assert only("x ~ /a b\\/c/i").regex.search("A B/C")
    assert isinstance(only("x !~ /a/"), Not)


def test_status_and_text_fields_take_what_people_write():
    assert only("status = completed").value == "COMPLETED"
    assert only("group = 3").value == "3"


def test_times():
    day = only("start_time > 2026-05-01").time_range
    assert (day.start.day, day.stop.day) == (1, 2)
    ago = only('start_time > "2 days ago"').time_range
    assert ago.start == ago.stop == datetime.datetime(2026, 5, 8, 12, 30)
    assert only("stop_time = yesterday").time_range.stop == datetime.datetime(2026, 5, 10)
    assert only("start_time = 2026-05").time_range.stop == datetime.datetime(2026, 6, 1)
    minute = time_range_of("2026-05-01 10:20", NOW)
    assert minute.stop - minute.start == datetime.timedelta(minutes=1)
    zoned = time_range_of("2026-05-01T10:20:30+02:00", NOW)
    assert zoned.start == datetime.datetime(2026, 5, 1, 8, 20, 30)
    assert time_range_of("99999 years ago", NOW).start == datetime.datetime.min
    assert time_range_of("soon", NOW) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1.5 hours", 5400), ("2d 1h", 176400), ("1 moon", None)],
)
def test_durations(text, seconds):
    assert duration_of(text) == seconds


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("result >", 9, "a field or a value is missing before the end"),
        ("result > 1 status = 2", 12, '"and" or "or" is missing here'),
        ("(a or b", 1, "this bracket is never closed"),
        ("a or", 5, "a field or a value is missing"),
        ("a = 'x", 5, "this text has no end"),
        ("a ~ /x", 5, "has no end"),
        ("a ~ /(/", 6, "no regular expression"),
        ("a ~ /x/q", 5, "no flag 'q'"),
        ("a ~ 3", 5, "a /regular expression/ is missing"),
        ("a ? 3", 3, "'?' has no meaning here"),
        ("3", 1, "a value alone is no condition. Write: id = 3"),
        ("2.5", 1, "a value alone is no condition"),
        ("start_time > soon", 14, "start_time is a time"),
        ("start_time > 2d", 14, 'Did you mean "2d ago"?'),
        ("duration > adam", 12, "duration is a duration"),
        ("tags = base", 1, "Write: NAME in tags"),
        ("metrics > 1", 1, "Write: NAME in metrics"),
        ("starred = 3", 11, "starred is true or false"),
        ("status.x = 3", 7, "status has no fields within"),
        ("a < null", 5, "null is neither"),
        ("a in status", 6, "status is no list"),
        ("a in (1 2)", 9, '"," or ")" is missing'),
        ('"a" = "b"', 1, "here a field is expected"),
        ("3x = 2", 1, "no meaning"),
        ("a adn b", 3, 'Did you mean "and"'),
    ],
)
def test_mistakes_have_a_place(text, column, problem):
    with pytest.raises(QueryError) as caught:
        only(text)
    message = str(caught.value)
    assert problem in message
    assert caught.value.column + 1 == column
    *_, line, caret = message.splitlines()
    assert line == f"  {text}"
    assert caret.index("^") == column + 1


def test_the_caret_stands_under_the_right_line():
    with pytest.raises(QueryError) as caught:
        only("a = 1 and\n  b >")
    assert str(caught.value).splitlines()[1:] == ["    b >", "       ^"]


@given(st.text("abx.=<>~/()[]'\"`!,and or not in missing(1-2:T \n\\é"))
def test_any_text_is_a_query_or_a_query_error(text):
    column = 0
    try:
        only(text)
    except QueryError as error:
        column = error.column
    assert 0 <= column <= len(text)


@pytest.mark.parametrize("depth", [101, 1000, 100_000])
def test_brackets_nested_too_deeply_are_one_error_with_its_place(depth):
    """And no RecursionError; what people write is far from the limit."""
    with pytest.raises(QueryError, match="nested more than 100 deep") as caught:
        parse("(" * depth + "result = 1" + ")" * depth)
    assert caught.value.column == 100
    assert parse("(" * 100 + "result = 1" + ")" * 100) == parse("result = 1")
