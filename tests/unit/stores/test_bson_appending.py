"""Arrays that become longer: as if the driver had encoded them as a whole."""

import datetime

import bson
import pytest
from bson.codec_options import DEFAULT_CODEC_OPTIONS
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.timestamps import Timestamps
from sacred.stores.mongo.bson_appending import setting_longer

LENGTHS = st.sampled_from([0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 1001, 9_999, 10_000])
NUMBERS = st.one_of(
    st.floats(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**31), 2**31 - 1),
    st.sampled_from([None, True, "text", -(2**31), 2**31]),
)


def longer(before, more, **others):
    document = bson.encode({**others, "_id": bson.ObjectId(), "values": before, "part": 1})
    return setting_longer(document, {"values": more}, len(before), DEFAULT_CODEC_OPTIONS)


@given(LENGTHS, st.lists(NUMBERS, min_size=1, max_size=3), st.integers(1, 1200))
def test_it_is_what_the_driver_writes_of_the_whole(length, some, number):
    before = [0.5] * length
    more = (some * number)[:number]
    assert longer(before, more).raw == bson.encode({"$set": {"values": before + more}})


@given(LENGTHS, st.lists(st.floats(0, 2**31), min_size=1, max_size=3), st.integers(1, 1200))
def test_times_are_appended_likewise(length, some, number):
    before = [datetime.datetime(2030, 1, 2)] * length
    more = Timestamps((some * number)[:number])
    wanted = bson.encode({"$set": {"values": [*before, *more]}})
    assert longer(before, more).raw == wanted


def test_several_arrays_are_set_at_once():
    document = bson.encode({"a": [1], "other": "x", "b": [None], "growing": True})
    update = setting_longer(document, {"a": [2], "b": ["y"]}, 1, DEFAULT_CODEC_OPTIONS)
    assert bson.decode(update.raw) == {"$set": {"a": [1, 2], "b": [None, "y"]}}


@pytest.mark.parametrize(
    "document",
    [{}, {"values": 3}, {"values": {"0": 1}}, {"values": [1], "odd": bson.MaxKey()}],
)
def test_what_is_no_document_of_a_metric_is_not_touched(document):
    assert setting_longer(bson.encode(document), {"values": [1]}, 1, DEFAULT_CODEC_OPTIONS) is None


def test_what_bson_cannot_hold_is_refused():
    with pytest.raises(bson.errors.InvalidDocument):
        longer([1], [object()])
    with pytest.raises(OverflowError):
        longer([1], [2**64])
