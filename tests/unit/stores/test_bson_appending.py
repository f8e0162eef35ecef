"""Arrays that become longer: as if the driver had encoded them as a whole."""

import datetime

import bson
import pytest
from bson.codec_options import DEFAULT_CODEC_OPTIONS
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.timestamps import Timestamps
from sacred.stores.mongo.bson_appending import columns_in, setting_longer

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


@given(LENGTHS, st.lists(st.lists(NUMBERS, min_size=1, max_size=2), min_size=1, max_size=3))
def test_columns_have_what_the_driver_decodes(length, kinds):
    columns = {str(n): (some * length)[:length] for n, some in enumerate(kinds)}
    document = bson.encode({"_id": bson.ObjectId(), **columns, "other": "text"})
    found = columns_in(document, [*columns], DEFAULT_CODEC_OPTIONS)
    assert {name: list(map(repr, found[name])) for name in found} == {
        name: list(map(repr, bson.decode(document)[name])) for name in columns
    }


@given(LENGTHS, st.lists(st.integers(0, 4_102_444_800_000), min_size=1, max_size=3))
def test_columns_of_times_are_written_as_they_were(length, some):
    times = [bson.DatetimeMS(number).as_datetime().replace(tzinfo=None) for number in some]
    document = bson.encode({"times": (times * length)[:length]})
    found = columns_in(document, ["times"], DEFAULT_CODEC_OPTIONS)["times"]
    assert isinstance(found, Timestamps) or not length
    assert bson.encode({"times": list(found)}) == document
    update = setting_longer(bson.encode({"times": []}), {"times": found}, 0, DEFAULT_CODEC_OPTIONS)
    assert update.raw == bson.encode({"$set": {"times": list(found)}})


@pytest.mark.parametrize("odd", [bson.DatetimeMS(-1), bson.DatetimeMS(10**17), bson.Int64(5)])
def test_elements_with_types_of_their_own_stay_what_they_are(odd):
    options = DEFAULT_CODEC_OPTIONS.with_options(
        datetime_conversion=bson.codec_options.DatetimeConversion.DATETIME_MS
    )
    assert columns_in(bson.encode({"a": [odd] * 3}), ["a"], options) == {"a": [odd] * 3}


def test_columns_of_what_is_no_document_of_a_metric():
    document = bson.encode({"a": [1], "odd": bson.MaxKey()})
    assert columns_in(document, ["a"], DEFAULT_CODEC_OPTIONS) == {"a": [1]}
    with pytest.raises(KeyError):
        columns_in(document, ["b"], DEFAULT_CODEC_OPTIONS)
