"""Documents with many times are, to the byte, what the driver writes."""

from __future__ import annotations

import datetime

import bson
import pytest
from bson.codec_options import DEFAULT_CODEC_OPTIONS
from bson.errors import InvalidDocument
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.timestamps import Timestamps
from sacred.stores.mongo import bson_times
from sacred.stores.mongo.bson_times import with_times

NOW = 1_764_115_200.25

_values = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from([True, None, "", "ü", b"x", [1], {"a": 0.5}, datetime.datetime(2030, 1, 2)]),
)
_seconds = st.one_of(
    st.lists(st.floats(-2e9, 4e9), min_size=1, max_size=12),
    st.lists(st.integers(0, 10**6), min_size=1).map(lambda ns: [NOW + n / 1e4 for n in ns]),
)


@pytest.fixture(autouse=True, scope="module")
def few_are_many():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bson_times, "MIN_TIMES", 1)
        yield


def agree(fields, moments):
    """Whether both forms, with times and pushing them, are what the driver writes."""
    alone = with_times(fields, ["times"], moments, DEFAULT_CODEC_OPTIONS)
    within = with_times(fields, ["times", "$each"], moments, DEFAULT_CODEC_OPTIONS)
    assert isinstance(alone, RawBSONDocument)
    assert alone.raw == bson.encode({**fields, "times": list(moments)})
    pushed = {"$push": {**fields, "times": {"$each": list(moments)}}}
    assert bson.encode({"$push": within}) == bson.encode(pushed)


@given(st.lists(_values, max_size=12), _seconds)
def test_any_values_and_times(values, seconds):
    agree({"_id": bson.ObjectId(), "é": values}, Timestamps(seconds))
    agree({"values": {"$each": values}}, Timestamps(seconds))


@pytest.mark.parametrize("count", [1, 9, 10, 11, 99, 100, 101, 999, 1001, 12_345, 100_001])
def test_all_lengths_of_keys(count):
    agree({}, Timestamps([NOW + n / 1e5 for n in range(count)]))


def test_few_and_other_times_are_left_to_the_driver(monkeypatch):
    times = [datetime.datetime(2030, 1, 2), "yesterday"]
    document = with_times({"a": 1}, ["times", "$each"], times, DEFAULT_CODEC_OPTIONS)
    assert document == {"a": 1, "times": {"$each": times}}
    monkeypatch.setattr(bson_times, "MIN_TIMES", 3)
    moments = Timestamps([NOW, NOW + 1])
    document = with_times({}, ["times"], moments, DEFAULT_CODEC_OPTIONS)
    assert document == {"times": list(moments)}


@pytest.mark.parametrize(("value", "error"), [(2**63, OverflowError), ({1}, InvalidDocument)])
def test_what_bson_has_no_form_for_is_an_error_of_the_driver(value, error):
    with pytest.raises(error):
        with_times({"values": [value]}, ["times"], Timestamps([NOW]), DEFAULT_CODEC_OPTIONS)
