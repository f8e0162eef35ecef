"""The texts that stand for values in a TinyDB store."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.observers.tinydb_hashfs.bases import (
    BufferedReaderWrapper,
    DataFrameSerializer,
    DateTimeSerializer,
    FileSerializer,
    NdArraySerializer,
    SeriesSerializer,
)
from sacred.serializer import flatten, restore
from sacred.stores.tinydb.hash_files import HashFiles
from sacred.stores.tinydb.tagged_values import TinyForm

WHEN = datetime.datetime(2026, 1, 2, 3, 4, 5, 678)
form = TinyForm()


def there_and_back(value):
    """As an entry of a run has it, in a field."""
    dtypes = {}
    stored = form.encode(flatten(value), dtypes)
    entry = {"info": stored, "dtypes": {"info": dtypes}}
    return restore(form.decode_entry(entry)["info"])


_text = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["{Tiny", "{TinyText}:a", "{TinyFile}:1", "{TinyDate}:2026-01-02T00:00:00.000000"]
)
_leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _text
_leaves |= st.datetimes() | st.datetimes(timezones=st.just(datetime.UTC))
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner) | st.dictionaries(_text, inner) | st.tuples(inner, inner),
    max_leaves=10,
)


@given(_values)
def test_any_plain_value_comes_back(value):
    assert there_and_back(value) == value


@given(
    st.sampled_from(["bool", "int8", "int64", "uint64", "float16", "float32", "float64"]),
    st.lists(st.integers(0, 100), max_size=20),
)
def test_any_array_of_numbers_comes_back(dtype, items):
    array = np.array(items, dtype=dtype)
    np.testing.assert_array_equal(there_and_back({"a": [array]})["a"][0], array, strict=True)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 3)),
        np.array(1.5),
        np.array([1 + 2j]),
        np.array(["a", "bc"]),
        np.array([np.nan, np.inf, -0.0]),
        np.array(["2026-01-02"], dtype="datetime64[D]"),
        np.array([2**64 - 1, 1], dtype="uint64"),
        np.array(["{TinyDate}:", None], dtype=object),
    ],
    ids=str,
)
def test_arrays_of_all_kinds_come_back(array):
    np.testing.assert_array_equal(there_and_back(array), array, strict=True)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}),
        pd.DataFrame({"x": [0.1 + 0.2, 1e-300]}, index=["r", "s"]),
        pd.DataFrame({"x": [1.5]}, index=["7"]),
        pd.DataFrame({"date": [1, 2]}),
        pd.DataFrame({"x": pd.to_datetime(["2026-01-02"])}),
        pd.DataFrame({"x": pd.Categorical(["a", "b"])}),
        pd.DataFrame([[1, 2]], columns=["same", "same"]),
        pd.DataFrame({1: np.float32([1.5])}),
        pd.DataFrame(),
    ],
    ids=range(9),
)
def test_frames_come_back(frame):
    pd.testing.assert_frame_equal(
        there_and_back(frame), frame, check_index_type=False, check_column_type=False
    )


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([1, 2]),
        pd.Series([1.5, float("nan")], index=["a", "b"]),
        pd.Series([1.5], name="named"),
        pd.Series(["a", "a"], index=[3, 3]),
        pd.Series([], dtype="float64"),
    ],
    ids=range(5),
)
def test_series_come_back(series):
    pd.testing.assert_series_equal(there_and_back(series), series, check_index_type=False)


def test_what_old_databases_have():
    stored = {
        "when": "{TinyDate}:2026-01-02T03:04:05.000678",
        "array": "{TinyArray}:[NaN, 1.0]",
        "frame": '{TinyDataFrame}:{"a":{"0":0.3,"1":null}}',
        "series": '{TinySeries}:{"a":1.5}',
        "file": '{TinyFile}:"12ab"',
    }
    read = form.decode(stored)
    assert (read["when"], read["file"]) == (WHEN, "12ab")
    np.testing.assert_array_equal(read["array"], [np.nan, 1.0])
    assert read["frame"]["a"].iloc[0] == 0.3
    assert read["series"].to_dict() == {"a": 1.5}


def test_decoded_entries_may_be_written_again(tmp_path):
    stored = {"t": {"py/tuple": [1, "{TinyArray}:[1]"]}, "d": "{TinyDate}:" + WHEN.isoformat()}
    assert form.encode(form.decode(stored)) == {**stored, "t": [1, "{TinyArray}:[1]"]}


def test_the_serializers():
    assert DateTimeSerializer().encode(WHEN) == "2026-01-02T03:04:05.000678"
    assert DateTimeSerializer().decode("2026-01-02T03:04:05.000678") == WHEN
    assert NdArraySerializer().encode(np.array([1, 2.5])) == "[1.0, 2.5]"
    assert NdArraySerializer().decode("[1, 2]").tolist() == [1, 2]
    assert DataFrameSerializer().decode('{"a":{"0":1}}').to_dict("list") == {"a": [1]}
    assert SeriesSerializer().encode(pd.Series([1.5], index=["a"])) == '{"a": 1.5}'
    classes = [s.OBJ_CLASS for s in (NdArraySerializer, DataFrameSerializer, SeriesSerializer)]
    assert classes == [np.ndarray, pd.DataFrame, pd.Series]


def test_the_serializer_of_files(tmp_path):
    (tmp_path / "x").write_bytes(b"2")
    files = FileSerializer(HashFiles(tmp_path / "hashfs"))
    with open(tmp_path / "x", "rb") as opened, BufferedReaderWrapper(opened) as wrapper:
        assert isinstance(wrapper, FileSerializer.OBJ_CLASS)
        assert files.encode(wrapper) == '"c81e728d9d4c2f636f067f89cc14862c"'
        assert wrapper.read() == b"2"
    with files.decode('"c81e728d9d4c2f636f067f89cc14862c"') as handle:
        assert handle.read() == b"2"
        assert handle.mode == "rb"
    assert files.decode('"0000"') is None
