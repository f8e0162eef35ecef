"""Plain JSON form of values, and the safe way back."""

from __future__ import annotations

import datetime
import enum
import json
import math
import os
import pathlib
import subprocess
import sys
import threading
import warnings
from collections import Counter, OrderedDict, defaultdict, namedtuple

import jsonpickle
import jsonpickle.ext.numpy
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred import serializer
from sacred.serializer import UnsafeDataError, dumps, flatten, is_plain, loads, restore

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["py/object", "py/tuple", "py/reduce", "json://1", "json://", "a.b", "$"])
    | st.binary(max_size=5)
    | st.complex_numbers(allow_nan=False)
    | st.datetimes(timezones=st.none() | st.just(datetime.UTC))
    | st.dates()
    | st.times()
    | st.timedeltas()
)
HASHABLE = st.recursive(
    ATOMS, lambda x: st.tuples(x, x) | st.frozensets(x, max_size=2), max_leaves=3
)
VALUES = st.recursive(
    ATOMS,
    lambda x: (
        st.lists(x, max_size=4)
        | st.dictionaries(HASHABLE, x, max_size=4)
        | st.lists(x, max_size=3).map(tuple)
        | st.sets(HASHABLE, max_size=3)
    ),
    max_leaves=12,
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text("abc", max_size=3), x, max_size=4),
    max_leaves=12,
)


class Thing:
    """Something that jsonpickle would make again."""

    def __init__(self):
        self.x = 1


class BadState:
    """Cannot be stored."""

    def __repr__(self):
        raise ValueError("no state")


class BadReduce:
    """Cannot be stored either."""

    def __reduce_ex__(self, protocol):
        raise ValueError("no reduce")

    __repr__ = __reduce_ex__


# -------------------------------------------------------------------- laws


@given(VALUES)
def test_restore_is_the_inverse_of_flatten(value):
    """Whatever is on the allow-list comes back, reserved names as keys included."""
    assert restore(flatten(value)) == value


@given(VALUES)
def test_loads_is_the_inverse_of_dumps(value):
    """Also through text; flattened data are the same text as the value."""
    text = dumps(flatten(value))
    assert loads(text) == value


@given(PLAIN)
def test_plain_data_is_its_own_form(value):
    """Plain data is copied as it is."""
    assert is_plain(value)
    assert flatten(value) == value
    assert restore(value) == value


@given(VALUES)
def test_what_flatten_gives_is_plain_json(value):
    """The form has only JSON's types, and text of it parses to the same."""
    flat = flatten(value)
    assert json.loads(json.dumps(flat)) == flat


# ------------------------------------------------------------------- forms


@pytest.mark.parametrize(
    "value",
    [
        b"by",
        (1, 2),
        {1},
        frozenset([1]),
        {1: 2, "a": 3},
        {(1, 2): 3},
        {True: 1, None: 2, 1.5: 3},
        {"json://1": 2},
        complex(1, 2),
        datetime.datetime(2020, 1, 1, 3),
        datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        datetime.date(2020, 1, 1),
        datetime.time(1),
        datetime.timedelta(1, 2, 3),
        datetime.timezone(datetime.timedelta(hours=2)),
        Thing(),
        {"a": (1, {"b": (2,)})},
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_form_is_jsonpickles(value):
    """Stored values can be read by whoever reads jsonpickle."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = json.loads(jsonpickle.encode(value, keys=True))
    assert flatten(value) == expected


def test_paths_have_one_form_whatever_python_reduces_them_to():
    """As jsonpickle up to 3.12; for 3.13 they are in another module, and 3.15 gives texts."""
    path = pathlib.PurePosixPath("/x/y")
    form = {"py/reduce": [{"py/type": "pathlib.PurePosixPath"}, {"py/tuple": ["/", "x", "y"]}]}
    assert flatten(path) == form
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = json.loads(jsonpickle.encode(path, keys=True))
    assert sys.version_info >= (3, 13) or theirs == form
    for module, parts in (("pathlib", ["/", "x", "y"]), ("pathlib._local", ["/", "x", "y"])):
        kind = {"py/type": f"{module}.PurePosixPath"}
        assert restore({"py/reduce": [kind, {"py/tuple": parts}]}) == path
        assert restore({"py/reduce": [kind, {"py/tuple": ["/x/y"]}]}) == path


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(1.5), 1.5),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.uint8(3), 3),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (np.longdouble(1.5), 1.5),
        (np.array(5), 5),
        (np.array(2.5, "f4"), 2.5),
        ({np.int64(1): np.float64(2)}, {"json://1": 2.0}),
    ],
)
def test_numpys_scalars_become_pythons(value, expected):
    """Also those that are sub-classes of Python's."""
    flat = flatten(value)
    assert flat == expected
    assert type(flat) is type(expected)
    assert is_plain(flat) or isinstance(value, dict)


class Level(enum.IntEnum):
    """An int with a name."""

    HIGH = 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, a=1), {"a": 1}),
        (Counter("aa"), {"a": 2}),
        (namedtuple("N", "a b")(1, 2), {"py/tuple": [1, 2]}),
        (Level.HIGH, 3),
        (type("MyList", (list,), {})([1]), [1]),
        (type("MyStr", (str,), {})("s"), "s"),
    ],
)
def test_sub_classes_become_plain(value, expected):
    """A stored run can be read without the user's classes."""
    flat = flatten(value)
    assert flat == expected
    assert type(flat) is type(expected)


def test_nan_and_infinity_stay_floats_in_memory():
    """MongoDB can hold them; only JSON text cannot."""
    assert math.isnan(flatten(float("nan")))
    assert flatten([np.inf]) == [math.inf]


def test_nan_and_infinity_in_text():
    """The text is strict JSON and comes back."""
    text = dumps({"a": [float("nan"), float("inf"), -float("inf"), 1.5]})

    def refuse(name):
        raise AssertionError(name)

    json.loads(text, parse_constant=refuse)
    nan, *others = loads(text)["a"]
    assert math.isnan(nan)
    assert others == [math.inf, -math.inf, 1.5]


def test_bare_nan_of_other_writers_is_read():
    """Python's json module writes it without asking."""
    assert math.isnan(loads("[NaN]")[0])


def test_dumps_takes_flattened_data_as_it_is():
    """Flattening twice would escape the tags."""
    value = {1: (2, {3}), "x": np.arange(3)}
    assert dumps(flatten(value)) == dumps(value)


def test_dumps_options():
    """Indentation and order as in the json module."""
    assert dumps({"b": 1, "a": 2}, sort_keys=True) == '{"a": 2, "b": 1}'
    assert dumps([1], indent=2) == "[\n  1\n]"


def test_the_copy_shares_nothing():
    """Changing the value later does not change its stored form, nor the other way round."""
    value = {"a": [1]}
    flat = flatten(value)
    value["a"].append(2)
    assert flat == {"a": [1]}
    restored = restore(flat)
    restored["a"].append(3)
    assert flat == {"a": [1]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((1,), False),
        ({1: 2}, False),
        ({"py/object": 1}, False),
        ({"a": np.float64(1)}, False),
        ([[], {}, "x", None], True),
    ],
)
def test_is_plain(value, expected):
    """Plain data are None, bool, int, float, str, list and dict with string keys."""
    assert is_plain(value) is expected


def test_is_plain_with_shared_and_circular_parts():
    """A part may stand twice; a circle is not plain."""
    shared = [1]
    assert is_plain([shared, shared])
    shared.append(shared)
    assert not is_plain(shared)


def test_shared_parts_are_written_out():
    """Readers of the JSON need not know about references."""
    shared = [1]
    assert flatten([shared, shared]) == [[1], [1]]


def test_json_is_jsonpickle():
    """The old name for it."""
    assert serializer.json is jsonpickle
    with pytest.raises(AttributeError, match="nope"):
        _ = serializer.nope


# -------------------------------------------------------- nothing can kill


def test_a_circle_is_cut():
    """A value that contains itself becomes a text at that place."""
    value = {"a": []}
    value["a"].append(value)
    assert flatten(value) == {"a": ["<circular reference to a dict>"]}


def test_a_circle_that_jsonpickle_has_stored_is_cut():
    """No reader runs in circles."""
    value = {"a": [], "b": [1]}
    value["a"] += [value, value["a"], value["b"]]
    value["c"] = value["b"]
    stored = json.loads(jsonpickle.encode(value, keys=True))
    assert stored["a"][0] == {"py/id": 0}
    assert restore(stored) == {
        "a": ["<circular reference to a dict>", "<circular reference to a list>", [1]],
        "b": [1],
        "c": [1],
    }


@pytest.mark.parametrize("value", [BadState(), BadReduce()])
def test_objects_that_raise_become_a_text(value):
    """The rest of the value is stored all the same."""
    flat = flatten({"good": 1, "bad": value})
    assert flat["good"] == 1
    assert "cannot be stored" in flat["bad"]


def test_iterators_are_not_used_up():
    """Storing a generator must not change what the user gets from it."""
    numbers = iter([1, 2, 3])
    assert isinstance(flatten({"it": numbers})["it"], str)
    assert list(numbers) == [1, 2, 3]


def test_very_deep_values():
    """A value nested without measure is cut, not fatal."""
    value = []
    for _ in range(5000):
        value = [value]
    assert "nested too deeply" in dumps(flatten(value))


def test_a_consistent_snapshot_while_threads_change_it():
    """Adding and removing entries at the same time is no error."""
    value = {"d": {}, "l": [], "s": set()}
    stop = threading.Event()

    def change():
        n = 0
        while not stop.is_set():
            n += 1
            value["d"][str(n % 500)] = n
            value["d"].pop(str((n * 7) % 500), None)
            value["s"].symmetric_difference_update({n % 100})
            value["l"].append(n)
            del value["l"][:-100]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(300):
            assert set(flatten(value)) == {"d", "l", "s"}
    finally:
        stop.set()
        thread.join()


# ------------------------------------------------------------------- numpy

ARRAYS = [
    np.array([1, 2]),
    np.array([[1.5, np.nan]]),
    np.arange(100).reshape(4, 25),
    np.arange(100).reshape(4, 25)[::2, ::3],
    np.asfortranarray(np.arange(60.0).reshape(3, 20)),
    np.arange(20, dtype=">i4"),
    np.zeros((0, 3)),
    np.array([True]),
    np.array(["abc", "d"]),
    np.array([b"abc"]),
    np.array([1 + 2j]),
    np.array(["2020", "NaT"], dtype="M8[D]"),
    np.array([1, 2], dtype="m8[ns]"),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    np.float16([1, 2]),
    np.array(["a", None, (1, 2)], dtype=object),
    np.array([[{1}, None], [2, [3]]], dtype=object),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda value: type(value).__name__)
def test_arrays_round_trip(array):
    """Shape, dtype and items come back, through text as well."""
    again = loads(dumps(flatten(array)))
    assert again.dtype == array.dtype.newbyteorder("=")
    assert again.shape == array.shape
    np.testing.assert_array_equal(again, array)


@pytest.mark.parametrize(
    "array",
    [np.array([1, 2]), np.arange(100).reshape(4, 25), np.array([["a"]])],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.filterwarnings("ignore:Setting the dtype:DeprecationWarning")  # jsonpickle's
def test_arrays_are_read_by_jsonpickle(array):
    """The form is that of its numpy handlers."""
    jsonpickle.ext.numpy.register_handlers()
    again = jsonpickle.decode(json.dumps(flatten(array)), keys=True)
    np.testing.assert_array_equal(again, array)


@pytest.mark.parametrize(
    "array",
    [a for a in ARRAYS if a.dtype.kind not in "OSM"],
    ids=lambda value: type(value).__name__,
)
def test_arrays_that_jsonpickle_wrote_are_read(array):
    """Views and compressed arrays of older versions included."""
    jsonpickle.ext.numpy.register_handlers()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = jsonpickle.encode(array, keys=True)
    np.testing.assert_array_equal(loads(text).ravel(), array.ravel())


@pytest.mark.parametrize(
    "value",
    [np.dtype("i4"), np.dtype([("a", "i4")]), np.datetime64("2020-01-01"), np.timedelta64(3, "s")],
    ids=lambda value: type(value).__name__,
)
def test_other_values_of_numpy(value):
    """Dtypes and times come back with their type."""
    again = loads(dumps(flatten(value)))
    assert again == value
    assert type(again) is type(value)


def test_scalars_that_older_versions_wrote():
    """They used to be tagged."""
    flat = {"py/object": "numpy.float64", "dtype": "float64", "value": 1.5}
    assert restore(flat) == np.float64(1.5)


# ------------------------------------------------------------------ pandas

FRAMES = [
    pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    pd.DataFrame({"a": [1.5, None]}, index=pd.date_range("2020", periods=2, name="day")),
    pd.DataFrame([[1, 2]], columns=["a", "a"]),
    pd.DataFrame({"c": pd.Categorical(["a", "b"]), "n": pd.array([1, None], dtype="Int64")}),
    pd.DataFrame({"t": pd.date_range("2020", periods=2, tz="Europe/Berlin")}),
    pd.DataFrame({("a", 1): [1], ("b", 2): [2]}),
    pd.DataFrame({"o": [{1, 2}, (3,)]}),
    pd.DataFrame(),
    pd.Series([1, 2], name="s"),
    pd.Series(["a", "b"], index=["x", "y"]),
    pd.Series([], dtype=float, name=("a", 1)),
    pd.Index([1, 2], name="i"),
    pd.RangeIndex(3),
    pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["n", None]),
    pd.PeriodIndex(["2020-01-01", "2020-01-03"], freq="D"),
    pd.interval_range(0, 2),
    pd.TimedeltaIndex(["1s", "2s"]),
    pd.CategoricalIndex(["a", "b"]),
]


@pytest.mark.parametrize("value", FRAMES, ids=lambda v: type(v).__name__)
def test_frames_round_trip(value):
    """Values, dtypes, indices and names."""
    again = loads(dumps(flatten(value)))
    if isinstance(value, pd.DataFrame):
        pd.testing.assert_frame_equal(again, value, check_index_type=False, check_freq=False)
    elif isinstance(value, pd.Series):
        pd.testing.assert_series_equal(again, value, check_index_type=False)
    else:
        pd.testing.assert_index_equal(again, value, exact="equiv")


@pytest.mark.parametrize(
    "value",
    [
        pd.Timestamp("2020-01-02 03:04:05.123456789"),
        pd.Timestamp("2020", tz="Europe/Berlin"),
        pd.Timedelta("1h 3ns"),
        pd.Period("2020-01", freq="M"),
        pd.Interval(1, 2, closed="left"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_small_values_of_pandas(value):
    """Time stamps, spans, periods and intervals."""
    assert loads(dumps(flatten(value))) == value


def test_missing_values_of_pandas():
    """They are single objects and stay them."""
    assert restore(flatten(pd.NaT)) is pd.NaT
    assert restore(flatten(pd.NA)) is pd.NA


@pytest.mark.parametrize("rows", [2, 500])
def test_frames_that_jsonpickle_wrote_are_read(rows):
    """Older versions stored them so; large ones compressed."""
    import jsonpickle.ext.pandas

    frame = pd.DataFrame(
        {"a": range(rows), "b": [1.5, None] * (rows // 2), "o": [[1], {2}] * (rows // 2)}
    )
    jsonpickle.ext.pandas.register_handlers()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            text = jsonpickle.encode(frame, keys=True)
    finally:
        jsonpickle.ext.pandas.unregister_handlers()
        jsonpickle.ext.numpy.register_handlers(ndarray_mode="ignore")
    pd.testing.assert_frame_equal(loads(text), frame, check_index_type=False)


# ------------------------------------------------------- references of old


@pytest.mark.parametrize(
    "value",
    [
        [[1], [1]],
        [{"a": 1}, (1, [2]), {3}, b"x"],
        [datetime.datetime(2020, 1, 1), datetime.timedelta(1)],
        [np.arange(3), {"x": [1]}],
    ],
    ids=lambda value: type(value).__name__,
)
def test_references_that_jsonpickle_wrote(value):
    """``py/id`` means the same object as there."""
    jsonpickle.ext.numpy.register_handlers(ndarray_mode="ignore")
    tail = [5]
    doubled = {"json": [*value, *value, tail, tail], "last": tail, 3: value[0]}
    text = jsonpickle.encode(doubled, keys=True)
    assert "py/id" in text
    again = loads(text)
    assert repr(again) == repr({"json": doubled["json"], "last": tail, 3: value[0]})
    assert again["json"][-1] is again["last"]


@pytest.mark.parametrize("number", [7, -1, "0", True, None])
def test_references_to_nothing(number):
    """A number that was not given out is refused."""
    with pytest.raises(UnsafeDataError, match="points to nothing"):
        restore([{"py/id": number}])


# ------------------------------------------------------------------ safety


@pytest.fixture
def tripwire(monkeypatch, tmp_path):
    """Fails the test if something was executed."""
    calls = []
    for name in ("system", "popen", "remove"):
        monkeypatch.setattr(os, name, lambda *args, **kwargs: calls.append(args))
    monkeypatch.chdir(tmp_path)
    module = tmp_path / "evil_module.py"
    module.write_text("open('executed', 'w').close()\nclass Evil: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    assert calls == []
    assert not (tmp_path / "executed").exists()
    assert "evil_module" not in sys.modules


REDUCE = {"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["x"]}]}


def in_pandas(evil, **more):
    """The evil data as a text inside of an object that is allowed."""
    return {"py/object": "pandas.Index", "values": evil, "txt": True, "meta": {}, **more}


EVIL = [
    REDUCE,
    {"a": [{"b": REDUCE}]},
    {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["x"]}]},
    {"py/reduce": [{"py/type": "datetime.timedelta", "py/function": "os.system"}, ["x"]]},
    {"py/reduce": [{"py/type": "datetime.timezone"}, {"py/tuple": [REDUCE]}]},
    {"py/reduce": [{"py/type": "builtins.frozenset"}, {"py/tuple": [[1]]}, {"state": 1}]},
    {"py/reduce": [{"py/id": 0}, {"py/tuple": ["x"]}]},
    {"py/reduce": "os.system"},
    {"py/reduce": []},
    {"py/object": "evil_module.Evil"},
    {"py/object": "__main__.Thing", "x": 1},
    {"py/object": "subprocess.Popen", "py/newargs": {"py/tuple": [["x"]]}},
    {"py/object": ["datetime.date"]},
    {"py/object": "datetime.date", "__reduce__": [{"py/type": "os.system"}, ["x"]]},
    {"py/object": "datetime.datetime", "__reduce__": [REDUCE, ["x"]]},
    {"py/object": "builtins.complex", "py/newargs": REDUCE},
    {"py/type": "evil_module.Evil"},
    {"py/function": "os.system"},
    {"py/mod": "evil_module/evil_module"},
    {"py/repr": "evil_module/evil_module.Evil()"},
    {"py/ref": "evil_module"},
    {"py/iterator": [1]},
    {"py/state": 1},
    {"py/property": 1},
    {"py/tuple": [REDUCE]},
    {"py/set": [REDUCE]},
    {"py/tuple": [1], "py/reduce": REDUCE["py/reduce"]},
    {"py/tuple": [1], "other": REDUCE},
    {"json://" + json.dumps(REDUCE): 1},
    {'json://{"\\u0070y/reduce": [{"py/type": "os.system"}, {"py/tuple": ["x"]}]}': 1},
    {"json://{": 1},
    {"json://[1]": 1},
    {"py/object": "numpy.load", "dtype": "i4"},
    {"py/object": "numpy.f2py.compile"},
    {"py/object": "numpy.ndarray", "dtype": "object", "values": [REDUCE]},
    {"py/object": "numpy.ndarray", "dtype": "i4", "values": [1], "base": REDUCE},
    {"py/object": "numpy.ndarray", "dtype": "[__import__('os').system('x')]", "values": [1]},
    {"py/object": "numpy.float64", "dtype": "float64", "value": REDUCE},
    {"py/object": "pandas.read_pickle", "values": "x"},
    {"py/object": "pandas.io.common.os.system"},
    in_pandas(json.dumps([REDUCE])),
    in_pandas('[{"\\u0070y/reduce": [{"py/type": "os.system"}, {"py/tuple": ["x"]}]}]'),
    {"py/object": "pandas.Interval", "meta": {"left": json.dumps(REDUCE), "right": "1"}},
    {"py/object": "pandas.Period", "meta": {"start_time": json.dumps(REDUCE), "freqstr": "D"}},
    {
        "py/object": "pandas.DataFrame",
        "values": json.dumps({"a": [json.dumps(REDUCE)]}),
        "txt": True,
        "meta": {"dtypes_rle": [["py/jp", 1]], "index": "[0]", "columns": '["a"]'},
    },
    {"py/object": "pandas.Series", "name": None, "index": in_pandas("[0]"), "values": REDUCE},
    {"py/b64": "not base64!"},
    {"py/bytes": "x"},
    {"py/float": "os.system"},
]  # fmt: skip


@pytest.mark.usefixtures("tripwire")
@pytest.mark.parametrize("evil", EVIL, ids=lambda v: json.dumps(v)[:60])
def test_nothing_is_executed(evil):
    """Any tag that is not on the list is a clear error, wherever it hides."""
    with pytest.raises(UnsafeDataError, match="refused to restore data"):
        restore(evil)
    with pytest.raises(UnsafeDataError):
        loads(json.dumps([evil]))


def test_the_error_says_what_and_where():
    """Tag and path are in the message and in attributes."""
    with pytest.raises(UnsafeDataError, match=r"at a\.1\.b: py/function") as caught:
        restore({"a": [0, {"b": {"py/function": "os.system"}}]})
    assert (caught.value.tag, caught.value.path) == ("py/function", "a.1.b")


@pytest.mark.parametrize(
    "flat",
    [
        # Addresses in memory made of numbers.
        {"dtype": "[('a', 'O')]", "values": "eJwzAAAAMQAx", "shape": [1]},
        {"dtype": "object", "shape": [1], "base": [1]},
        {
            "dtype": "int64",
            "shape": [1],
            "base": {"py/object": "numpy.ndarray", "dtype": "object", "values": ["a"]},
        },
        # Memory outside of the base.
        {"dtype": "int64", "shape": [100], "base": [1]},
        {"dtype": "int64", "shape": [1], "base": [1], "offset": 800},
        {"dtype": "int64", "shape": [2], "base": [1, 2], "strides": [8000]},
        # More than was announced.
        {"dtype": "int64", "shape": [1], "values": "eJxjYBgFo2AUjIJRMApIBwAGQAAB"},
        {"dtype": "int64", "shape": [2], "values": "eJwDAAAAAAE="},
        {"dtype": "int64"},
        {"values": [1]},
    ],
    ids=lambda value: type(value).__name__,
)
def test_arrays_cannot_reach_foreign_memory(flat):
    """Arrays are made of their own bytes only."""
    with pytest.raises(UnsafeDataError):
        restore({"py/object": "numpy.ndarray", **flat})


def test_objects_of_users_are_stored_but_not_made_again():
    """Storing is harmless; making them again is up to the user, with jsonpickle."""
    flat = flatten(Thing())
    assert flat["x"] == 1
    with pytest.raises(UnsafeDataError, match="Thing"):
        restore(flat)


@pytest.mark.parametrize(
    "order",
    [
        ("sacred.serializer", "jsonpickle", "numpy"),
        ("sacred.serializer", "numpy", "jsonpickle"),
        ("numpy", "jsonpickle", "sacred.serializer"),
        ("sacred.serializer", "jsonpickle"),  # which imports numpy itself where data ask for it
    ],
)
def test_readers_of_records_find_the_handlers_registered(order):
    """Third-party code imports the module for that, and reads with jsonpickle."""
    imports = "; ".join(f"import {name}" for name in order)
    code = f"""{imports}
import sys, json
data = json.loads(sys.stdin.read())
array, frame = jsonpickle.unpickler.Unpickler().restore(data)
print(type(array).__name__, array.tolist(), type(frame).__name__, frame["a"].tolist())
text = jsonpickle.encode(array)
assert "values" in json.loads(text), text
"""
    values = flatten([np.array([1.5, 2.0]), pd.DataFrame({"a": [1, 2]})])
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(values), capture_output=True, text=True
    )
    assert done.stdout == "ndarray [1.5, 2.0] DataFrame [1, 2]\n", done.stderr


def test_importing_the_serializer_imports_no_package_for_it():
    heavy = ("jsonpickle", "numpy", "pandas")
    code = f"import sacred.serializer, sys; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
