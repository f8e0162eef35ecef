"""The points that a run logs."""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import pickle
import threading

import numpy as np
import pytest

from sacred.metrics_logger import BATCH_SIZE, MetricsLogger, ScalarMetricLogEntry, linearize_metrics
from sacred.serializer import flatten, restore


@pytest.fixture
def metrics():
    """An empty logger."""
    return MetricsLogger()


def logged(metrics):
    """What has been logged, without the times."""
    return [(e.name, e.step, e.value) for e in metrics.get_last_metrics()]


def test_steps_count_per_metric(metrics):
    """Without a step it is one more than the last of that metric, from 0."""
    metrics.log_scalar_metric("a", 1)
    metrics.log_scalar_metric("a", 2, 10)
    metrics.log_scalar_metric("b", 3)
    metrics.log_scalar_metric("a", 4)
    metrics.log_scalar_metric("a", 5, 2.5)
    metrics.log_scalar_metric("a", 6)
    assert logged(metrics) == [
        ("a", 0, 1), ("a", 10, 2), ("b", 0, 3), ("a", 11, 4), ("a", 2.5, 5), ("a", 3.5, 6),
    ]  # fmt: skip


def test_points_are_handed_out_once(metrics):
    """Taking them empties the logger; steps go on counting."""
    metrics.log_scalar_metric("a", 1)
    assert logged(metrics) == [("a", 0, 1)]
    assert logged(metrics) == []
    metrics.log_scalar_metric("a", 2)
    assert logged(metrics) == [("a", 1, 2)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(3), 3.0),
        (np.float64(2.5), 2.5),
        (np.int64(5), 5),
        (np.bool_(True), True),
        (np.array(1.5), 1.5),
        ("x", "x"),
    ],
)
def test_numpys_scalars_become_pythons(metrics, value, expected):
    """Values and steps alike."""
    metrics.log_scalar_metric("a", value, value)
    (entry,) = metrics.get_last_metrics()
    assert (entry.value, entry.step) == (expected, expected)
    assert type(entry.value) is type(entry.step) is type(expected)


def test_arrays_stay_arrays(metrics):
    """A value with dimensions is left as it is."""
    array = np.array([1, 2])
    metrics.log_scalar_metric("a", array)
    (entry,) = metrics.get_last_metrics()
    assert entry.value is array


def test_times_are_naive_utc(metrics):
    """The time is that of the call."""
    before = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    metrics.log_scalar_metric("a", 1)
    after = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    (entry,) = metrics.get_last_metrics()
    slack = datetime.timedelta(milliseconds=50)
    assert before - slack <= entry.timestamp <= after + slack
    assert entry.timestamp.tzinfo is None


def test_threads_lose_and_double_nothing(metrics):
    """Points of many threads all arrive once, with steps of their own."""
    taken = []
    done = threading.Event()

    def log():
        for _ in range(2000):
            metrics.log_scalar_metric("a", 1)

    def take():
        while not done.is_set():
            taken.extend(metrics.get_last_metrics())

    writers = [threading.Thread(target=log) for _ in range(4)]
    reader = threading.Thread(target=take)
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    taken.extend(metrics.get_last_metrics())
    assert [entry.step for entry in taken] == list(range(8000))


def test_linearize_metrics():
    """Points become columns, by name."""
    time = datetime.datetime(2030, 1, 1)
    entries = [
        ScalarMetricLogEntry("a", 0, time, 1),
        ScalarMetricLogEntry("b", 5, time, 2),
        ScalarMetricLogEntry("a", 1, time, 3),
    ]
    assert linearize_metrics(entries) == {
        "a": {"steps": [0, 1], "values": [1, 3], "timestamps": [time, time], "name": "a"},
        "b": {"steps": [5], "values": [2], "timestamps": [time], "name": "b"},
    }
    assert linearize_metrics([]) == {}


def test_pickling(metrics):
    """A logger goes with the run to other processes."""
    metrics.log_scalar_metric("a", 1)
    other = pickle.loads(pickle.dumps(metrics))
    other.log_scalar_metric("a", 2)
    assert logged(other) == [("a", 0, 1), ("a", 1, 2)]
    assert logged(metrics) == [("a", 0, 1)]


def test_many_points_come_in_batches_of_a_bounded_size(metrics):
    """They hold all points in order, whatever the metrics, with steps counted by metric."""
    count = 5 * BATCH_SIZE + 10
    for number in range(count):
        metrics.log_scalar_metric("odd" if number % 2 else "even", number, None)
    batches = list(metrics.take_batches())
    sizes = [sum(len(points["values"]) for points in batch.values()) for batch in batches]
    assert sum(sizes) == count
    assert max(sizes) <= BATCH_SIZE
    for name, first in (("even", 0), ("odd", 1)):
        values = [v for batch in batches for v in batch[name]["values"]]
        steps = [s for batch in batches for s in batch[name]["steps"]]
        assert values == list(range(first, count, 2))
        assert steps == list(range(len(values)))
        assert all(batch[name]["name"] == name for batch in batches)
    assert list(metrics.take_batches()) == []


def test_who_logs_a_batch_says_so():
    """So points need not wait for the beat, and do not fill the memory."""
    told = []
    metrics = MetricsLogger(on_batch=lambda: told.append(1))
    for number in range(2 * BATCH_SIZE):
        metrics.log_scalar_metric("a", number)
    assert len(told) == 2


def test_steps_of_any_kind_are_counted_on(metrics):
    """Also beyond 64 bits, and where an element has a mind of its own about equality."""
    metrics.log_scalar_metric("a", 1, 2**70)
    metrics.log_scalar_metric("a", 2)
    metrics.log_scalar_metric("b", 3, np.array([1, 2]))
    entries = metrics.get_last_metrics()
    assert [entry.step for entry in entries[:2]] == [2**70, 2**70 + 1]
    assert list(entries[2].step) == [1, 2]


class Tensor:
    """As those of many frameworks."""

    def __init__(self, value):
        self.value = value

    def __float__(self):
        return float(self.value)


class Row:
    """A tensor of one element in a shape."""

    shape = (1, 1)

    def item(self):
        return 0.25


class Level(enum.Enum):
    LOW = 1


class Count(enum.IntEnum):
    TWO = 2


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (decimal.Decimal("0.25"), 0.25),
        (fractions.Fraction(1, 4), 0.25),
        (Tensor(0.25), 0.25),
        (Row(), 0.25),
        (Count.TWO, 2),
        (1j, 1j),
        ({"a": 1.0}, {"a": 1.0}),
        (b"x", b"x"),
    ],
)
def test_numbers_of_all_kinds_can_be_read_again(value, kept):
    metrics = MetricsLogger()
    metrics.log_scalar_metric("odd", value, step=value)
    [entry] = metrics.get_last_metrics()
    assert (entry.value, entry.step) == (kept, kept)
    assert type(entry.value) is type(kept)
    assert restore(flatten(entry.value)) == kept


@pytest.mark.parametrize("value", [Level.LOW, object(), [Level.LOW]])
def test_what_could_not_be_read_again_is_refused_at_once(value):
    """All points of a run would be unreadable for its sake."""
    metrics = MetricsLogger()
    with pytest.raises(TypeError, match="'odd' takes numbers, not"):
        metrics.log_scalar_metric("odd", value)
    assert metrics.get_last_metrics() == []
