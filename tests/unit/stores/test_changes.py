"""Changes of a record: applying them twice, merging them, comparing texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.stores.changes import (
    AddFile,
    AddPoints,
    Annotate,
    SetFields,
    WriteOutput,
    common_prefix_length,
    merge,
)
from tests.unit.stores.comparison import MemoryStore
from tests.unit.stores.observer_calls import T0


def points(start, *values, name="loss"):
    times = [T0] * len(values)
    return AddPoints(
        name=name, start=start, steps=list(values), values=list(values), timestamps=times
    )


def write(start, text):
    return WriteOutput(start=start, offset=start, text=text)


@given(st.text("ab", max_size=20), st.text("ab", max_size=20))
def test_common_prefix_is_the_longest_one(a, b):
    length = common_prefix_length(a, b)
    assert a[:length] == b[:length]
    assert a[: length + 1] != b[: length + 1] or a == b


@pytest.mark.parametrize("length", [1, 1000, 1_000_001])
def test_common_prefix_of_long_texts(length):
    assert common_prefix_length("é" * length + "a", "é" * length + "b") == length


def test_later_text_goes_on_replaces_or_swallows():
    assert write(2, "abc").then(write(5, "d")) == write(2, "abcd")
    assert write(2, "abc").then(write(3, "X")) == write(2, "aX")
    assert write(2, "abc").then(write(1, "X")) == write(1, "X")


def test_points_that_overlap_count_once():
    assert points(0, 1, 2).then(points(1, 2, 3)) == points(0, 1, 2, 3)
    assert points(3, 1, 2, 3).part(4, 5) == points(4, 2)


def test_merge_puts_what_closes_a_run_last():
    closing = SetFields(fields={"stop_time": T0, "status": "FAILED"})
    file = AddFile(kind="artifact", name="a", path="/a")
    merged = merge([closing, write(0, "x"), points(0, 1), file, SetFields(fields={"x": 1})])
    assert merged[:-1] == [file, points(0, 1), write(0, "x")]
    assert merged[-1].fields == {"stop_time": T0, "status": "FAILED", "x": 1}
    assert merged[-1].closes


_recipes = st.lists(
    st.one_of(
        st.tuples(st.just("text"), st.integers(0, 5), st.text("xyz", max_size=4)),
        st.tuples(st.just("points"), st.lists(st.integers(), min_size=1, max_size=3)),
        st.tuples(st.just("field"), st.sampled_from("abc"), st.integers()),
    ),
    max_size=12,
)


def cook(recipe):
    changes, length, count = [], 0, 0
    for kind, *arguments in recipe:
        if kind == "text":
            start = max(length - arguments[0], 0)
            changes.append(write(start, arguments[1]))
            length = start + len(arguments[1])
        elif kind == "points":
            changes.append(points(count, *arguments[0]))
            count += len(arguments[0])
        else:
            changes.append(SetFields(fields={arguments[0]: arguments[1]}))
    return changes


@given(_recipes, st.integers(0, 12))
def test_merged_or_repeated_changes_give_the_same_record(recipe, repeated):
    changes = cook(recipe)
    stores = [MemoryStore() for _ in range(3)]
    for store in stores:
        store.create(1, {}, [])
    stores[0].apply(1, changes)
    stores[1].apply(1, merge(changes))
    # A lost connection: nobody knows what got through, so it is all sent again.
    stores[2].apply(1, merge(changes[:repeated]))
    stores[2].apply(1, merge(changes))
    assert stores[0].runs == stores[1].runs
    assert stores[0].runs == stores[2].runs


def _annotations():
    tags = st.lists(st.sampled_from("abc"), max_size=3, unique=True).map(tuple)
    fields = st.dictionaries(st.sampled_from(["group", "tags"]), st.none() | st.just(["c"]))
    return st.builds(
        lambda fields, add, remove: Annotate(fields=fields, add_tags=add, remove_tags=remove),
        fields, tags, tags,
    )  # fmt: skip


@given(st.lists(_annotations() | st.just(SetFields(fields={"meta": {"tags": ["b"]}})), max_size=4))
def test_merged_annotations_do_what_they_did_one_by_one(changes):
    def applied(changes):
        meta = {"tags": ["a"], "x": 1}
        for change in changes:
            meta = (
                change.fields["meta"] if isinstance(change, SetFields) else change.applied_to(meta)
            )
        return {**meta, "tags": set(meta.get("tags", ()))}

    assert applied(merge(changes)) == applied(changes)
    for change in changes:
        assert isinstance(change, SetFields) or applied([change, change]) == applied([change])
