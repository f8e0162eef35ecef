"""Values that BSON takes."""

import datetime
import decimal

import bson
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.stores.mongo.bson_values import (
    MAX_FIELD_SIZE,
    bson_size,
    force_bson_encodeable,
    shortened,
)

_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_values)
def test_plain_values_can_be_encoded(value):
    bson.encode({"value": force_bson_encodeable(value)})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a.b": 1, "$x": 2, 3: 4, (1, 2): 3}, {"a,b": 1, "@x": 2, "3": 4, "(1, 2)": 3}),
        ({"$a$b": {"$c.d": 1}}, {"@a$b": {"@c,d": 1}}),
        ([1, (2, 3)], [1, [2, 3]]),
        (np.arange(3), [0, 1, 2]),
        ({"x": np.float32(1.5), "n": np.int64(7)}, {"x": 1.5, "n": 7}),
        (datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1)),
        (b"x", b"x"),
        ("a\ud800", "a?"),
        ({"a\0b": 1}, {"ab": 1}),
    ],
)
def test_what_becomes_of(value, expected):
    assert force_bson_encodeable(value) == expected


@pytest.mark.parametrize("value", [10**40, 1j, {1, 2}, decimal.Decimal("1.5"), int])
def test_the_rest_becomes_text_with_a_warning(value):
    with pytest.warns(UserWarning, match="MongoDB cannot store"):
        assert force_bson_encodeable([value]) == [str(value)]


@pytest.mark.filterwarnings("error")
def test_where_warnings_are_errors_it_still_works(caplog):
    assert force_bson_encodeable({"n": 10**40}) == {"n": str(10**40)}
    assert "MongoDB cannot store" in caplog.text


def test_deep_nesting_ends():
    value = []
    for _ in range(500):
        value = [value]
    with pytest.warns(UserWarning, match="nested too deeply"):
        bson.encode({"value": force_bson_encodeable(value)})


def test_large_fields_keep_what_fits():
    value = {"small": 1, "text": "x" * 3_000_000, **{f"n{i}": i for i in range(200_000)}}
    assert bson_size(value) > MAX_FIELD_SIZE
    short = shortened(value)
    assert short["small"] == 1
    assert short["text"].startswith("xxx")
    assert bson_size(short) < MAX_FIELD_SIZE
    assert len(shortened(["x"] * 1_000_000)) < 5000
