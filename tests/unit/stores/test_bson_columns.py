"""Columns of numbers out of BSON are what a decoder makes of them."""

from __future__ import annotations

import datetime

import bson
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.stores.mongo.bson_columns import columns_of

MOMENT = datetime.datetime(2030, 1, 2, 3, 4, 5, 678000)

_int32 = st.integers(-(2**31), 2**31 - 1)
_int64 = st.integers(2**31, 2**63 - 1)


def encoded(steps, values, timestamps, **more):
    fields = {"_id": bson.ObjectId(), "run_id": 7, "name": "loss", **more}
    return bson.encode({**fields, "steps": steps, "values": values, "timestamps": timestamps})


@pytest.mark.parametrize("count", [1, 9, 10, 11, 99, 100, 101, 1234, 12_345])
def test_all_lengths_of_keys(count):
    steps, values = list(range(count)), [1 / (n + 1) for n in range(count)]
    moments = [MOMENT + datetime.timedelta(milliseconds=n) for n in range(count)]
    found = columns_of(encoded(steps, values, moments, part=3))
    assert found["steps"].tolist() == steps
    assert found["values"].tolist() == values
    assert found["timestamps"].tolist() == moments
    assert found["part"] == 3
    assert [found[name].dtype.str for name in ("steps", "values", "timestamps")] == [
        "<i8", "<f8", "<M8[us]"
    ]  # fmt: skip


def _bson_kind(value):
    is_long = type(value) is int and not -(2**31) <= value < 2**31
    return "int64" if is_long else type(value)


@given(
    st.one_of(
        *(st.lists(kind, min_size=1, max_size=30) for kind in (_int32, _int64, st.floats())),
        st.lists(st.one_of(_int32, _int64, st.floats(), st.none(), st.text(), st.booleans())),
    )
)
def test_the_same_as_decoded_or_nothing(values):
    document = encoded(list(range(len(values))), values, [MOMENT] * len(values))
    found = columns_of(document)
    if found is None:
        # BSON has two types for integers.
        kinds = {_bson_kind(value) for value in values}
        assert len(kinds) != 1 or kinds <= {bool, str, type(None)}
    elif values:
        assert repr(found["values"].tolist()) == repr(bson.decode(document)["values"])


@pytest.mark.parametrize(
    "fields",
    [
        {"steps": [1], "values": [1.0]},
        {"steps": [1], "values": [1.0], "timestamps": []},
        {"steps": 1, "values": [1.0], "timestamps": [MOMENT]},
        {"steps": [1], "values": [{"py/float": "NaN"}], "timestamps": [MOMENT]},
        {"steps": [1], "values": [2.0], "timestamps": [MOMENT], "part": "x"},
        {"steps": [1], "values": [2.0], "timestamps": [MOMENT], "more": bson.Regex("a")},
    ],
)
def test_anything_else_has_to_be_decoded(fields):
    assert columns_of(bson.encode(fields)) is None


def test_other_fields_are_passed_over():
    more = {
        "a": "text", "b": {"steps": [0.5]}, "c": [1, "x"], "d": b"bytes", "e": None, "f": True,
        "g": 1.5, "h": bson.Int64(2), "i": bson.Decimal128("1"), "j": bson.Timestamp(1, 2),
    }  # fmt: skip
    found = columns_of(encoded([1], [2.0], [MOMENT], **more))
    assert np.array_equal(found["values"], [2.0])


@given(st.binary(max_size=40), st.integers(0, 200))
def test_damaged_documents_are_no_columns(noise, at):
    document = bytearray(encoded([1, 2], [0.5, 1.5], [MOMENT] * 2))
    document[at : at + len(noise)] = noise
    columns_of(bytes(document))  # whatever it is: no crash
