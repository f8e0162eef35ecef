"""Many moments as numbers, and what observers get of them."""

import datetime
import itertools
import pickle

import bson
import pytest
from bson.datetime_ms import DatetimeMS
from hypothesis import example, given
from hypothesis import strategies as st

from sacred._base.timestamps import Timestamps
from sacred.events import MetricsLogged, accepts_timestamps
from sacred.metrics_logger import MetricsLogger

NOW = 1_764_115_200.0

times = st.floats(-2e9, 4e9)
#: Within few seconds, and often at the border of one.
near = st.builds(
    lambda second, fraction: NOW + second + fraction,
    st.integers(0, 2),
    st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1e-7, 5e-7, 1e-6, 0.9999994, 0.9999996])),
)


@given(st.lists(st.one_of(times, near), max_size=8) | st.lists(near, min_size=1, max_size=50))
def test_the_text_is_that_of_the_datetimes(seconds):
    moments = Timestamps(seconds)
    expected = [datetime.datetime(1970, 1, 1) + datetime.timedelta(0, s) for s in seconds]
    assert list(moments) == expected
    assert moments == expected
    assert moments.joined('", "') == '", "'.join(time.isoformat() for time in expected)


@given(st.lists(st.one_of(times, near), max_size=8) | st.lists(near, min_size=1, max_size=50))
def test_milliseconds_are_those_that_bson_keeps(seconds):
    moments = Timestamps(seconds)
    found = moments.in_milliseconds().tolist()
    written = {"times": [DatetimeMS(number) for number in found]}
    assert bson.encode(written) == bson.encode({"times": list(moments)})


@given(st.integers(0, 10**6), st.lists(st.integers(0, 9), min_size=400, max_size=400))
def test_milliseconds_of_points_that_are_logged_at_once(begin, steps):
    seconds = [NOW + (begin + step) / 1e6 for step in itertools.accumulate(steps)]
    for times in (seconds, seconds[::-1]):
        moments = Timestamps(times)
        written = {"times": [DatetimeMS(number) for number in moments.in_milliseconds()]}
        assert bson.encode(written) == bson.encode({"times": list(moments)})


@given(st.lists(st.one_of(times, near), max_size=8) | st.lists(near, min_size=1, max_size=50))
@example([2.0**30, 2199641731.4060974])  # so far apart that the difference is not exact
def test_microseconds_are_those_of_the_datetimes(seconds):
    moments = Timestamps(seconds)
    microsecond = datetime.timedelta(microseconds=1)
    epoch = datetime.datetime(1970, 1, 1)
    assert moments.in_microseconds() == [(time - epoch) // microsecond for time in moments]


def test_moments_are_a_sequence():
    moments = Timestamps([NOW, NOW + 1, NOW + 2])
    assert len(moments) == 3
    assert moments[1:] == Timestamps([NOW + 1, NOW + 2])
    assert moments[-1] == datetime.datetime(2025, 11, 26, 0, 0, 2)
    assert moments[:1] + moments[1:] == moments
    assert pickle.loads(pickle.dumps(moments)) == moments
    with pytest.raises(IndexError):
        moments[3]


def points_told_to(observer):
    metrics = MetricsLogger()
    metrics.log_scalar_metric("loss", 1)
    metrics.log_scalar_metric("acc", 2)
    [points] = metrics.take_batches()
    MetricsLogged(metrics_by_name=points, info={}).call(observer)
    return observer.told


class Classic:
    def log_metrics(self, metrics_by_name, info):
        self.told = metrics_by_name


class Modern(Classic):
    @accepts_timestamps
    def log_metrics(self, metrics_by_name, info):
        super().log_metrics(metrics_by_name, info)


class Derived(Modern):
    def log_metrics(self, metrics_by_name, info):
        super().log_metrics(metrics_by_name, info)


@pytest.mark.parametrize("observer", [Classic(), Derived()])
def test_observers_are_given_lists_of_datetimes(observer):
    told = points_told_to(observer)
    for name in ("loss", "acc"):
        assert type(told[name]["timestamps"]) is list
        assert type(told[name]["timestamps"][0]) is datetime.datetime


def test_an_observer_that_accepts_timestamps_gets_them():
    assert type(points_told_to(Modern())["loss"]["timestamps"]) is Timestamps
