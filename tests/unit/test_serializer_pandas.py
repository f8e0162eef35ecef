"""Pandas' values: jsonpickle's form, a faithful way back, and nothing executed."""

from __future__ import annotations

import base64
import datetime
import json
import os
import subprocess
import sys
import warnings
import zlib
from zoneinfo import ZoneInfo

import jsonpickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sacred.serializer import UnsafeDataError, dumps, flatten, loads, restore

DURATION = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module", autouse=True)
def handlers():
    """jsonpickle's own, for all tests of this module; ours for the others."""
    import jsonpickle.ext.numpy
    import jsonpickle.ext.pandas

    jsonpickle.ext.pandas.register_handlers()
    jsonpickle.ext.numpy.register_handlers(ndarray_mode="ignore")
    yield
    jsonpickle.ext.pandas.unregister_handlers()
    jsonpickle.ext.numpy.register_handlers(ndarray_mode="ignore")


def by_jsonpickle(text):
    """What jsonpickle reads; it warns of itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jsonpickle.decode(text, keys=True)


def from_jsonpickle(value):
    """What jsonpickle writes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return jsonpickle.encode(value, keys=True)


def without_freq(index):
    """Its frequency is compared elsewhere: pandas is about to change its own comparison."""
    if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex):
        index = index.copy()
        index.freq = None
    return index


def assert_same(again, value, **how):
    """Equal, dtypes and names included."""
    if isinstance(value, pd.DataFrame):
        pd.testing.assert_frame_equal(again, value, **how)
    elif isinstance(value, pd.Series):
        pd.testing.assert_series_equal(again, value, **how)
    elif isinstance(value, pd.Index):
        again, value = without_freq(again), without_freq(value)
        pd.testing.assert_index_equal(again, value, **{"exact": True, **how})
    elif value is pd.NA or value is pd.NaT:
        assert again is value
    elif isinstance(value, pd.api.extensions.ExtensionArray):
        pd.testing.assert_series_equal(pd.Series(again), pd.Series(value))
    else:
        assert again == value
        assert type(again) is type(value)


def is_same(again, value):
    """Whether `assert_same` passes (kinds of an index that mean the same are)."""
    try:
        how = {} if isinstance(value, pd.Index) else {"check_index_type": "equiv"}
        if isinstance(value, pd.Index):
            how = {"exact": "equiv"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas: of frequencies
            assert_same(again, value, **how)
    except (AssertionError, TypeError, ValueError):
        return False
    return True


# -------------------------------------------------------------------------- values

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
MOMENTS = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1))
SPANS = st.timedeltas(datetime.timedelta(-9999), datetime.timedelta(9999))
ITEMS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT | st.dates(),
    lambda x: (
        st.lists(x, max_size=2)
        | st.tuples(x)
        | st.dictionaries(TEXT | st.integers() | st.just("py/object"), x, max_size=2)
    ),
    max_leaves=3,
)


def integers(dtype):
    """All that fit."""
    limits = np.iinfo(dtype.lower())
    return st.integers(int(limits.min), int(limits.max))


COLUMNS = {
    **{dtype: integers(dtype) for dtype in ("int8", "int32", "int64", "uint8", "uint64")},
    "float16": st.floats(width=16),
    "float32": st.floats(width=32),
    "float64": st.floats(),
    "bool": st.booleans(),
    "complex128": st.complex_numbers(allow_nan=False),
    "object": ITEMS,
    "str": st.none() | TEXT,
    "string": st.none() | TEXT,
    "Int64": st.none() | integers("Int64"),
    "UInt8": st.none() | integers("UInt8"),
    "Float64": st.none() | st.floats(allow_nan=False),
    "boolean": st.none() | st.booleans(),
    "datetime64[us]": st.none() | MOMENTS,
    "datetime64[ns]": st.none() | MOMENTS,
    "datetime64[us, Europe/Berlin]": st.none() | MOMENTS,
    "datetime64[ns, UTC]": st.none() | MOMENTS,
    "timedelta64[us]": st.none() | SPANS,
    "timedelta64[ns]": st.none() | SPANS,
    "category": st.none() | st.sampled_from(["b", "a", "c"]),
    "period[M]": st.none() | MOMENTS.map(lambda x: pd.Period(x, "M")),
    "interval[int64, right]": st.integers(0, 9).map(lambda x: pd.Interval(x, x + 1)),
    "Sparse[int64, 0]": st.sampled_from([0, 0, 5]),
}


def labels(items, unique=True):
    """Lists of labels of one kind."""
    return lambda n: st.lists(items, min_size=n, max_size=n, unique=unique)


AXES = {
    "int64": labels(integers("int64")),
    "float64": labels(st.floats(allow_nan=False)),
    "str": labels(TEXT),
    "object": labels(TEXT | st.integers() | st.just("py/object"), unique=True),
    "datetime64[us]": labels(MOMENTS),
    "datetime64[ns, Europe/Berlin]": labels(MOMENTS.map(lambda x: x.replace(fold=0))),
    "timedelta64[ns]": labels(SPANS),
    "Int64": labels(st.integers(0, 99)),
    "category": labels(TEXT),
}
NAMES = st.none() | TEXT | st.integers() | st.tuples(TEXT, st.integers())


def localized(items, dtype):
    """Times in a time zone, whatever the clock says on the days that it is changed."""
    series = pd.Series(items, dtype=dtype.partition(",")[0] + "]")
    zone = dtype.partition(", ")[2][:-1]
    return series.dt.tz_localize("UTC").dt.tz_convert(zone).astype(dtype)


def made(items, dtype):
    """A series of any of the dtypes above."""
    if dtype.startswith("datetime64") and "," in dtype:
        return localized(items, dtype)
    return pd.Series(items, dtype=dtype)


@st.composite
def series(draw, rows=None):
    rows = draw(st.integers(0, 4) | st.just(25)) if rows is None else rows
    dtype = draw(st.sampled_from(sorted(COLUMNS)))
    return made(draw(st.lists(COLUMNS[dtype], min_size=rows, max_size=rows)), dtype)


@st.composite
def axes(draw, length):
    kind = draw(st.sampled_from([*AXES, "default", "range", "multi", "freq"]))
    name = draw(NAMES)
    if kind == "default":
        return pd.RangeIndex(length)
    if kind == "range":
        return pd.RangeIndex(3, 3 + 2 * length, 2, name=name)
    if kind == "freq":
        return pd.date_range("2020-02-01", periods=length, freq="h", tz="UTC", name=name)
    if kind == "multi":
        first = draw(st.lists(st.integers(0, 9), min_size=length, max_size=length))
        second = draw(labels(TEXT)(length))
        return pd.MultiIndex.from_arrays([first, second], names=[name, None])
    return pd.Index(made(draw(AXES[kind](length)), kind), name=name)


@st.composite
def frames(draw):
    rows, width = draw(st.integers(0, 4)), draw(st.integers(0, 3))
    columns = [draw(series(rows)) for _ in range(width)]
    frame = pd.DataFrame(dict(enumerate(columns)), index=range(rows))
    frame.index = draw(axes(rows))
    frame.columns = draw(axes(width))
    return frame


# ---------------------------------------------------------------------------- laws


@DURATION
@given(frames())
def test_restore_is_the_inverse_for_frames(frame):
    """All dtypes and axes; also through text."""
    assert_same(restore(flatten(frame)), frame)
    assert_same(loads(dumps(flatten(frame))), frame)


@DURATION
@given(series(), st.data())
def test_restore_is_the_inverse_for_series(values, data):
    """With any index and name."""
    values.index = data.draw(axes(len(values)))
    values.name = data.draw(NAMES)
    assert_same(loads(dumps(flatten(values))), values)


@DURATION
@given(st.integers(0, 30).flatmap(axes))
def test_restore_is_the_inverse_for_indices(index):
    """The kind of index comes back as well."""
    again = loads(dumps(flatten(index)))
    assert_same(again, index)
    assert getattr(again, "freq", None) == getattr(index, "freq", None)


AMBIGUOUS = ("int8", "int32", "int64", "uint8", "uint64", "float32", "float64")


def with_known_dtypes(again, value, by_us=False):
    """With the dtypes that jsonpickle's codes of this very process do not tell.

    It may have no unambiguous code for a dtype, and has others that we do not trust.
    """
    from jsonpickle.tags_pd import REVERSE_TYPE_MAP

    if isinstance(value, pd.DataFrame):
        for n, dtype in enumerate(value.dtypes):
            code = f"pd/{dtype.kind}{8 * getattr(dtype, 'itemsize', 0)}"
            if str(dtype) in AMBIGUOUS and (by_us or code not in REVERSE_TYPE_MAP):
                again = again.astype({again.columns[n]: dtype})
    return again


def round_trip(value):
    """What jsonpickle makes of its own form; None: it cannot."""
    try:
        text = from_jsonpickle(value)
        # It writes buffers of Arrow's as empty, and would let Arrow read behind their end.
        return None if "pandas.arrays.Arrow" in text else by_jsonpickle(text)
    except Exception:
        return None


@DURATION
@given(frames() | series())
def test_jsonpickle_reads_what_it_can_write(value):
    """Wherever its own round trip succeeds, it also reads our form."""
    own = round_trip(value)
    if own is not None and is_same(own, value):
        assert is_same(with_known_dtypes(by_jsonpickle(json.dumps(flatten(value))), value), value)


@DURATION
@given(frames() | series())
def test_what_jsonpickle_wrote_is_read(value):
    """As well as it can be: equal values wherever jsonpickle gets them back."""
    own = round_trip(value)
    if own is not None and is_same(own, value):
        with warnings.catch_warnings(record=True) as caught:
            again = loads(from_jsonpickle(value))
            assert is_same(with_known_dtypes(again, value, by_us=True), value)
        assert not caught


# --------------------------------------------------------------------------- forms

PLAIN_FRAMES = [
    pd.DataFrame({"a": [1, 2], "x": [1.5, np.nan], "b": [True, False], "s": ["x", "y"]}),
    pd.DataFrame({"o": pd.Series([1, "x", None], dtype=object)}),
    pd.DataFrame({"o": [{1, 2}, (3,), [4], {"a": 5}]}),
    pd.DataFrame({"c": [1 + 2j], "t": pd.to_datetime(["2020"]), "d": pd.to_timedelta(["1s"])}),
    pd.DataFrame({("a", 1): [1], ("b", 2): [2]}),
    pd.DataFrame({1: [1], 2: [2]}),
    pd.DataFrame({pd.Timestamp("2020"): [1]}),
    pd.DataFrame({"a": [1.5]}, index=pd.MultiIndex.from_tuples([(1, "a")], names=["n", None])),
    pd.DataFrame({"a": [1.5]}, index=pd.Index(["x"], name="i")),
    pd.DataFrame({"a": np.arange(500)}),
]
INDICES = [
    pd.Index([1, 2], name="i"),
    pd.Index(["a", None]),
    pd.Index([1.5, np.nan]),
    pd.Index([True]),
    pd.Index([], dtype="int64"),
    pd.Index(range(300)),
    pd.RangeIndex(1, 9, 2, name="r"),
    pd.DatetimeIndex(["2020", "2021"]),
    pd.DatetimeIndex(["2020"], tz="UTC"),
    pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", None]),
    pd.PeriodIndex(["2020-01-01"], freq="D"),
    pd.TimedeltaIndex(["1s"]),
    pd.TimedeltaIndex(["1s", "1h"], name="t"),
]
SCALARS = [
    pd.Timestamp("2020-01-02 03:04:05.123456789"),
    pd.Timestamp("2020", tz="UTC"),
    pd.Timestamp("2020-01-01T00:00+03:30"),
    pd.Timedelta("1h 3ns"),
    pd.Timedelta(3, "s"),
    pd.Period("2020-01", freq="M"),
    pd.Interval(1, 2, closed="left"),
    pd.Interval(pd.Timestamp("2020"), pd.Timestamp("2021")),
    pd.NaT,
]


def without_ambiguous_codes(flat):
    """The form without what depends on the process that wrote it."""
    text = json.dumps(flat)
    for letter, bits in (("i", 64), ("f", 64), ("in", 64)):
        text = text.replace(f'"pd/{letter}"', f'"pd/{letter[0]}{bits}"')
    return json.loads(text)


@pytest.mark.parametrize(
    "value", [*PLAIN_FRAMES, *INDICES, *SCALARS], ids=lambda v: type(v).__name__
)
def test_the_form_is_jsonpickles(value):
    """Exactly, for what it can hold; more than that is under a key of its own."""
    expected = json.loads(from_jsonpickle(value))
    flat = flatten(value)
    if isinstance(flat, dict):
        flat.pop("exact", None)
    assert json.dumps(without_ambiguous_codes(flat), sort_keys=True) == json.dumps(
        without_ambiguous_codes(expected), sort_keys=True
    )


@pytest.mark.parametrize("frame", PLAIN_FRAMES[:3])
def test_common_frames_need_nothing_beside(frame):
    """The key is for what jsonpickle's form does not tell."""
    assert set(flatten(frame)) <= {"py/object", "values", "txt", "comp", "meta"}


@pytest.mark.parametrize(
    "value",
    [
        pd.Series([1, 2], name="s"),
        pd.Series([1.5, np.nan]),
        pd.Series(["a", None], index=["x", "y"]),
        pd.Series(pd.to_datetime(["2020", None])),
        pd.Series(pd.to_timedelta(["1s", None])),
        pd.Series([1, None], dtype="Int64"),
        pd.Series([1.5, None], dtype="Float64"),
        pd.Series([True, None], dtype="boolean"),
        pd.Series(["x", None], dtype=pd.StringDtype("python")),
        pd.Series(pd.Categorical(["b", None], categories=["b", "a"], ordered=True)),
        pd.Series(pd.period_range("2020", periods=2, freq="M")),
        pd.Series(pd.interval_range(0, 2)),
        pd.Series(pd.arrays.SparseArray([0, 1])),
    ],
    ids=lambda v: str(v.dtype),
)
def test_series_are_read_by_jsonpickle(value):
    """From the text that stores write, NaN included; also where jsonpickle's own form fails."""
    assert is_same(by_jsonpickle(dumps(value)), value)


@pytest.mark.parametrize("dtype", ["string", "str"])
def test_text_in_arrow_is_restored_and_jsonpickle_reads_the_text(dtype):
    """Pandas keeps text in Arrow if that is installed, and jsonpickle's own form is empty then."""
    pytest.importorskip("pyarrow")
    for items in (["x", None, "ä"], [None], []):
        value = pd.Series(items, dtype=dtype)
        assert_same(loads(dumps(value)), value)
        assert by_jsonpickle(dumps(value)).astype(dtype).equals(value)


def test_text_in_arrow_as_jsonpickle_writes_it_is_refused():
    """It has written empty buffers, so there is nothing to be read; the error says so."""
    pytest.importorskip("pyarrow")
    text = from_jsonpickle(pd.array(["x"], dtype="string"))
    with pytest.raises(UnsafeDataError, match=r"jsonpickle stores nothing of what Arrow holds"):
        loads(text)


@pytest.mark.parametrize(
    "value",
    [
        *INDICES,
        *SCALARS,
        pd.NA,
        pd.array([1, None], dtype="Int64"),
        pd.array([1.5, None], dtype="Float32"),
        pd.array([True, None], dtype="boolean"),
        pd.array(["x", None], dtype=pd.StringDtype("python")),
        pd.Categorical(["b", None], categories=["b", "a"], ordered=True),
        pd.date_range("2020", periods=2, tz="Europe/Berlin").array,
        pd.date_range("2020", periods=2, tz="UTC").array,
        pd.period_range("2020", periods=2, freq="M").array,
        pd.interval_range(0, 2, closed="left").array,
        pd.arrays.SparseArray([0, 1, 0, 2]),
        pd.arrays.SparseArray([1.5, np.nan], kind="block"),
        pd.CategoricalDtype(["b", "a"], ordered=True),
        pd.Int64Dtype(),
        pd.StringDtype(),
        pd.PeriodDtype("M"),
        pd.IntervalDtype("int64", "left"),
        pd.DatetimeTZDtype("us", "UTC"),
        pd.DatetimeTZDtype("us", ZoneInfo("Europe/Berlin")),
        pd.CategoricalIndex(["a", "b"]),
        pd.interval_range(0, 2),
        pd.date_range("2020", periods=2, tz="Europe/Berlin"),
        pd.DataFrame({"c": pd.Categorical(["a", "b"])}),
        pd.DataFrame({"n": pd.array([True, None], dtype="boolean")}),
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_jsonpickle_writes_and_we_write_is_read(value):
    """The internals of pandas' arrays and dtypes among it."""
    how = {"exact": "equiv"} if isinstance(value, pd.Index) else {}
    assert_same(loads(from_jsonpickle(value)), value, **how)
    assert_same(loads(dumps(flatten(value))), value, **how)


def test_values_survive_where_jsonpickle_loses_the_dtype():
    """Its form of nullable integers and time zones in frames does not have the dtype."""
    frame = pd.DataFrame(
        {
            "n": pd.array([1, 2], dtype="Int64"),
            "t": pd.date_range("2020", periods=2, tz="Asia/Tokyo"),
        }
    )
    again = loads(from_jsonpickle(frame))
    assert again["n"].tolist() == [1, 2]
    assert again["t"].tolist() == frame["t"].tolist()
    assert_same(restore(flatten(frame)), frame)
    assert by_jsonpickle(json.dumps(flatten(frame)))["n"].tolist() == [1, 2]


@pytest.mark.parametrize("code", ["pd/i", "pd/in", "pd/i8", "pd/u", "pd/f", "nonsense", None, 3])
def test_short_codes_of_dtypes_are_not_trusted(code):
    """``pd/i`` is int8 in one process and int64 in the next: 300 must stay 300."""
    flat = flatten(pd.DataFrame({"a": [1, 300]}))
    flat["meta"]["dtypes_rle"] = [[code, 2]]
    flat["meta"]["columns"] = '["a", "b"]'
    flat["values"] = '{"a": [1, 300], "b": [2, 3]}'
    assert restore(flat)["b"].tolist() == [2, 3]
    if code != "pd/i8":
        assert restore(flat)["a"].tolist() == [1, 300]


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame([[1, "x"]], columns=["a", "a"]),
        pd.DataFrame([[1, 2]], columns=[np.nan, np.nan]),
        pd.DataFrame({"l": np.array([1, 2], dtype="longdouble") / 3}),
        pd.concat(
            [pd.Series([1, None], dtype="Int64"), pd.Series(["a", "b"])], axis=1, keys=[*"bb"]
        ),
    ],
)
def test_frames_that_jsonpickle_cannot_hold(frame):
    """They are stored all the same, as a list of columns."""
    flat = flatten(frame)
    assert "data" in flat
    assert_same(loads(dumps(flat)), frame)


def test_keys_that_are_no_strings_inside_of_items():
    """jsonpickle turns them into strings there; we do not."""
    frame = pd.DataFrame({"o": [{1: {(2, 3): 4}}, {"py/object": 5}]})
    assert_same(restore(flatten(frame)), frame)
    assert_same(loads(dumps(frame)), frame)
    assert dumps([frame]) == dumps(flatten([frame]))


def test_nan_as_a_label():
    """It is not equal to itself."""
    frame = pd.DataFrame({1: [1], None: [2]})
    assert_same(restore(flatten(frame)), frame, check_column_type=False)
    assert_same(loads(from_jsonpickle(frame)), frame, check_column_type=False)


def test_the_name_of_a_time_zone():
    """jsonpickle knows the offset only."""
    moment = pd.Timestamp("2020-07-01", tz="Europe/Berlin")
    assert str(restore(flatten(moment)).tz) == "Europe/Berlin"
    assert by_jsonpickle(json.dumps(flatten(moment))) == moment
    flat = flatten(moment)
    flat["meta"]["tz"] = "Nowhere/At_All"
    assert restore(flat) == moment


def test_pythons_time_zones():
    """Dates of Python's own with a named zone."""
    moment = datetime.datetime(2020, 7, 1, tzinfo=ZoneInfo("Europe/Berlin"))
    again = loads(dumps(flatten(moment)))
    assert again == moment
    assert again.tzinfo == moment.tzinfo


def test_sub_classes_become_pandas():
    """A stored run can be read without the user's classes."""

    class Mine(pd.DataFrame):
        pass

    assert flatten(Mine({"a": [1]})) == flatten(pd.DataFrame({"a": [1]}))


def test_a_frame_that_contains_itself():
    """The circle is cut, as in other containers."""
    frame = pd.DataFrame({"o": [None, [1]]})
    frame.at[0, "o"] = [frame]
    assert "circular reference" in flatten(frame)["values"]


class Holder:
    """A user's object."""

    def __init__(self, **parts):
        self.__dict__.update(parts)


PARTS = {
    "frame": pd.DataFrame({"a": [1, 2], "x": [0.5, 1.5]}),
    "series": pd.Series([1, 2]),
    "index": pd.Index(["a", "b"]),
    "moment": pd.Timestamp("2020"),
    "interval": pd.Interval(1, 2),
}


def test_users_objects_with_pandas_inside():
    """jsonpickle writes them, with handlers that the user has registered, and no warning."""
    flat = flatten(Holder(**PARTS))
    again = by_jsonpickle(json.dumps(flat))
    for name, part in PARTS.items():
        assert is_same(getattr(again, name), part)


SCRIPT = """
import json, warnings
import pandas as pd
from sacred.serializer import flatten

class Holder:
    pass

warnings.simplefilter("error")
holder = Holder()
holder.frame, holder.index = pd.DataFrame({"a": [1]}), pd.Index(["a"])
print(json.dumps(flatten([holder, pd.DataFrame({"o": [[1]]}), pd.NaT])))
"""


def test_users_objects_without_any_handlers():
    """The handlers are ours then; none of jsonpickle's warnings is seen."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stderr == ""
    holder, frame, _ = json.loads(done.stdout)
    assert holder["frame"]["values"] == '{"a": [1]}'
    assert holder["index"]["values"] == '["a"]'
    assert frame["meta"]["dtypes_rle"] == [["py/jp", 1]]


# -------------------------------------------------------------------------- safety


@pytest.fixture
def tripwire(monkeypatch, tmp_path):
    """Fails the test if something was executed."""
    calls = []
    for name in ("system", "popen", "remove"):
        monkeypatch.setattr(os, name, lambda *args, **kwargs: calls.append(args))
    module = tmp_path / "evil_pandas_module.py"
    module.write_text("raise SystemExit('executed')\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    assert calls == []
    assert "evil_pandas_module" not in sys.modules


CALL = {"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["x"]}]}
HOSTILE = [
    CALL,
    {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["x"]}]},
    {"py/repr": "evil_pandas_module/evil_pandas_module.Evil()"},
    {"py/object": "os.system"},
    {"py/object": "evil_pandas_module.Evil"},
    {"py/type": "evil_pandas_module.Evil"},
    {"py/function": "os.system"},
    {"py/object": "pandas.io.pickle.read_pickle", "values": "x"},
    {"py/reduce": [{"py/function": "pandas.read_pickle"}, {"py/tuple": ["x"]}]},
    {"py/reduce": [{"py/function": "pandas.eval"}, {"py/tuple": ["@os.system('x')"]}]},
    {"py/reduce": [{"py/function": "zoneinfo.ZoneInfo._unpickle"}, {"py/tuple": ["../../x", 1]}]},
]


def text_of(evil):
    """The hostile data as JSON text."""
    return json.dumps(evil)


def compressed(text):
    """As jsonpickle packs long texts."""
    content = base64.b64encode(zlib.compress(text.encode())).decode()
    return {"values": content, "txt": False, "comp": True}


def with_meta(name, **meta):
    """A small object of pandas' with hostile meta data."""
    return {"py/object": f"pandas.{name}", "values": "", "txt": True, "meta": meta}


def frame_with(**changes):
    """A frame of one column with something else in places."""
    flat = flatten(pd.DataFrame({"a": [1]}))
    meta = changes.pop("meta", {})
    return {**flat, **changes, "meta": {**flat["meta"], **meta}}


def index_with(**changes):
    """An index with something else in places."""
    flat = flatten(pd.Index(["a"]))
    meta = changes.pop("meta", {})
    return {**flat, **changes, "meta": {**flat["meta"], **meta}}


def backed(cls, *state):
    """What pickle would call for an array."""
    function = {"py/function": "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked"}
    return {
        "py/reduce": [
            function,
            {"py/tuple": [{"py/type": cls}, 82904607, None]},
            {"py/tuple": list(state)},
        ]
    }


def sparse_with(**changes):
    """A sparse array with something else in places."""
    return {**flatten(pd.arrays.SparseArray([0, 1])), **changes}


def positions(length, *numbers):
    """Where a sparse array has items."""
    array = flatten(np.array(numbers, dtype="int32"))
    call = [{"py/type": "pandas._libs.sparse.IntIndex"}, {"py/tuple": [length, array]}]
    return sparse_with(_sparse_index={"py/reduce": call})


CODES = {"py/object": "numpy.ndarray", "dtype": "int8", "values": [0]}
PLACES = {
    "values of a frame": lambda evil: frame_with(values=text_of({"a": [evil]})),
    "compressed values": lambda evil: frame_with(**compressed(text_of({"a": [evil]}))),
    "key of a frame": lambda evil: frame_with(values=text_of({"json://" + text_of(evil): [1]})),
    "item of its own": lambda evil: frame_with(
        values=text_of({"a": [text_of(evil)]}), meta={"dtypes_rle": [["py/jp", 1]]}
    ),
    "item of an item": lambda evil: frame_with(
        values=text_of({"a": [text_of([index_with(values=text_of([evil]))])]}),
        meta={"dtypes_rle": [["py/jp", 1]]},
    ),
    "index of a frame": lambda evil: frame_with(meta={"index": text_of([evil])}),
    "columns of a frame": lambda evil: frame_with(meta={"columns": text_of([evil])}),
    "name of columns": lambda evil: frame_with(meta={"column_names": evil}),
    "names of the index": lambda evil: frame_with(meta={"index_names": [evil]}),
    "exact dtype": lambda evil: frame_with(exact={"dtypes": {"0": evil}}),
    "exact index": lambda evil: frame_with(exact={"index": {"dtype": evil}}),
    "exact levels": lambda evil: frame_with(
        meta={"is_multiindex": True, "index": "[[1]]"},
        exact={"index": {"levels": [{"dtype": evil}]}},
    ),
    "column form": lambda evil: {
        "py/object": "pandas.DataFrame",
        "columns": index_with(),
        "index": index_with(),
        "data": [{"dtype": "Int64", "values": [evil]}],
    },
    "values of an index": lambda evil: index_with(values=text_of([evil])),
    "compressed index": lambda evil: index_with(**compressed(text_of([evil]))),
    "name of an index": lambda evil: index_with(meta={"name": evil}),
    "name in a name": lambda evil: index_with(meta={"name": ["a", [evil]]}),
    "name of a series": lambda evil: {**flatten(pd.Series([1])), "name": evil},
    "values of a series": lambda evil: {**flatten(pd.Series([1])), "values": evil},
    "dtype of a series": lambda evil: {**flatten(pd.Series([1])), "exact": {"dtype": evil}},
    "start of a period": lambda evil: with_meta("Period", start_time=text_of(evil), freqstr="D"),
    "end of an interval": lambda evil: with_meta(
        "Interval", left="1", right=text_of(evil), closed="left"
    ),
    "moment": lambda evil: with_meta("Timestamp", isoformat=evil),
    "span": lambda evil: {
        "py/reduce": [
            {"py/function": "pandas._libs.tslibs.timedeltas._timedelta_unpickle"},
            {"py/tuple": [evil, 9]},
        ]
    },
    "state of an array": lambda evil: backed("pandas.Categorical", evil, CODES),
    "items of an array": lambda evil: backed("pandas.arrays.StringArray", "string", evil),
    "class of an array": lambda evil: backed(evil, "int8", CODES),
    "other class": lambda evil: backed("os.system", "int8", CODES),
    "mask": lambda evil: {"py/object": "pandas.arrays.IntegerArray", "_data": CODES, "_mask": evil},
    "positions": lambda evil: sparse_with(_sparse_index=evil),
    "few items": lambda evil: sparse_with(_sparse_values=evil),
    "fill value": lambda evil: sparse_with(
        _dtype={"py/object": "pandas.SparseDtype", "_dtype": evil}
    ),
    "categories": lambda evil: {
        "py/object": "pandas.CategoricalDtype",
        "py/state": {"categories": evil, "ordered": False},
    },
}


@pytest.mark.usefixtures("tripwire")
@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_executed(place):
    """Hostile data are refused wherever they hide inside of pandas' objects."""
    for evil in HOSTILE:
        flat = PLACES[place](evil)
        with pytest.raises(UnsafeDataError):
            restore(flat)
        with pytest.raises(UnsafeDataError):
            loads(json.dumps({"a": [flat]}))


def bomb():
    """A short text that expands to more than any frame needs."""
    compressor = zlib.compressobj()
    # After a full flush the same bytes may come again and again.
    first, again = (
        compressor.compress(1_000_000 * b" ") + compressor.flush(zlib.Z_FULL_FLUSH)
        for _ in range(2)
    )
    return base64.b64encode(first + 299 * again).decode()


BOMB = bomb()


@pytest.mark.usefixtures("tripwire")
@pytest.mark.parametrize(
    "flat",
    [
        frame_with(meta={"dtypes_rle": [["np/o", 10**15]]}),
        frame_with(values=BOMB, txt=False, comp=True),
        frame_with(exact={"index": {"range": [0, 10**12, 1]}}),
        frame_with(exact={"dtypes": {"0": "__import__('os').system('x')"}}),
        frame_with(exact={"dtypes": {"0": "period[__import__('os').system('x')]"}}),
        frame_with(values={"a": [1]}),
        positions(2, 7),
        positions(2, -7),
        positions(2, 0, 1),
        sparse_with(_sparse_index=[1]),
        frame_with(values="{"),
        frame_with(values=20_000 * "["),
        frame_with(meta={"dtypes_rle": None}),
        index_with(meta={"dtype": "Sparse[__import__('os')]"}),
        {"py/object": "pandas.RangeIndex", "values": "[1, 2, 4]", "txt": True, "meta": {}},
        {"py/object": "pandas.DataFrame"},
        with_meta("Timestamp"),
        {"py/reduce": [{"py/type": "pandas.PeriodDtype"}]},
    ],
    ids=lambda flat: json.dumps(flat)[:50],
)
def test_malformed_data(flat):
    """A clear error, soon, and never a memory full of nothing."""
    with pytest.raises(UnsafeDataError, match="malformed"):
        restore(flat)
