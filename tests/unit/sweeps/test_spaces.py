"""Search spaces from words, and their points."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.cli.errors import CommandLineError
from sacred.sweeps.dimensions import Distribution, distribution_or_axis
from sacred.sweeps.errors import SweepError
from sacred.sweeps.plan import Objective, SweepPlan
from sacred.sweeps.space import Space, seeds_of
from sacred.sweeps.words import dimensions_of, split_alternatives


def space_of(*words: str, zipped: tuple[tuple[str, ...], ...] = ()) -> Space:
    dimensions, fixed = dimensions_of(words)
    return Space(dimensions=tuple(dimensions), fixed=tuple(fixed), zipped=zipped).check()


def updates_of(*words: str, **options) -> list[dict]:
    return [dict(point.updates) for point in space_of(*words, **options).grid()]


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("lr=0.1,0.01", [0.1, 0.01]),
        ("lr = 0.1 , 0.01", [0.1, 0.01]),
        ("layers=[64],[64,64]", [[64], [64, 64]]),
        ("x=(1,2),(3,4)", [[1, 2], [3, 4]]),
        ("d={'a':1,'b':2},{}", [{"a": 1, "b": 2}, {}]),
        ("name=adam,sgd", ["adam", "sgd"]),
        ("name='a,b',c", ["a,b", "c"]),
        ("name=it's,that", ["it's", "that"]),
        ("f=f(1,2),g(x)", ["f(1,2)", "g(x)"]),
        ("flag=True,False", [True, False]),
        ("x=None,1", [None, 1]),
        (r"s='a\'b,c',d", ["a'b,c", "d"]),
        ("s=[',',']'],2", [[",", "]"], 2]),
        ("bs=choice(16, 32)", [16, 32]),
        ("opt=choice(adam, sgd)", ["adam", "sgd"]),
        ("xs=choice([1, 2])", [1, 2]),
        ("xs=choice([1], [2])", [[1], [2]]),
        ("n=range(3)", [0, 1, 2]),
        ("n=range(1, 10, 4)", [1, 5, 9]),
        ("x=linspace(0, 1, 5)", [0, 0.25, 0.5, 0.75, 1]),
        ("x=logspace(-2, 0, 3)", [0.01, 0.1, 1.0]),
    ],
)
def test_commas_mean_alternatives_where_they_stand_alone(word, values):
    name = word.partition("=")[0].strip()
    assert [next(iter(updates.values())) for updates in updates_of(word)] == values
    assert all(list(updates) == [name] for updates in updates_of(word))


@pytest.mark.parametrize(
    "word",
    ["lr=0.1", "layers=[1,2]", "t=(1,2)", "s='a,b'", "name=f(1,2)", "fast", "~key", "xs+=[1,2]"],
)
def test_what_is_one_value_stays_as_it_is(word):
    assert dimensions_of([word]) == ([], [word])


def test_a_file_with_a_comma_in_its_name_is_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a,b.json").write_text("{}")
    assert dimensions_of(["a,b.json"]) == ([], ["a,b.json"])
    [dimension], _ = dimensions_of(["'x,y.json',fast"])
    assert [item.word for item in dimension.alternatives] == ["x,y.json", "fast"]


def test_named_configs_and_nested_entries_are_combined_in_their_order():
    space = space_of("dataset.small,dataset.large", "opt.lr=1,2", "~old", "opt.name=adam")
    points = list(space.grid())
    assert [(p.named_configs, p.updates["opt"]["lr"]) for p in points] == [
        (("dataset.small",), 1), (("dataset.small",), 2),
        (("dataset.large",), 1), (("dataset.large",), 2),
    ]  # fmt: skip
    assert all(p.updates["~old"] is None and p.updates["opt"]["name"] == "adam" for p in points)
    assert points[3].values == {"dataset.small,dataset.large": "dataset.large", "opt.lr": 2}
    assert [p.number for p in points] == [0, 1, 2, 3]


def test_axes_that_are_zipped_advance_together():
    found = updates_of("a=1,2", "b=x,y", "c=10,20", zipped=(("a", "c"),))
    assert found == [
        {"a": 1, "c": 10, "b": "x"}, {"a": 1, "c": 10, "b": "y"},
        {"a": 2, "c": 20, "b": "x"}, {"a": 2, "c": 20, "b": "y"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lr=0.1,"], "an alternative is empty"),
        (["lr=,0.1"], "an alternative is empty"),
        (["x=[1,2"], r"in '\[1,2', \] is missing"),
        (["x=1,2", "x=3,4"], "'x' has two lists"),
        (["lr=loguniform(0, 1)"], "lr: the bounds of loguniform are above 0"),
        (["lr=uniform(1, 0)"], "lr: 1 is not below 0"),
        (["lr=uniform(1)"], r"lr: uniform takes \(low, high\)"),
        (["lr=uniform(0, __import__('os').getpid())"], "no literal; nothing is executed"),
        (["lr=uniform(0, high=1)"], "uniform has no argument 'high'"),
        (["n=int(1.5, 2)"], "n: int takes integers"),
        (["n=range(0.5)"], "range takes integers"),
        (["n=linspace(0, 1)"], "linspace takes"),
        (["n=choice()"], "choice needs values"),
        (["x=uniform(a, b)"], "takes numbers, not 'a'"),
        (["x=uniform(0, 1e999)"], "finite"),
        (["x=normal(0, 0)"], "above 0"),
    ],
)
def test_a_space_without_meaning_is_one_clear_error(words, message):
    with pytest.raises(SweepError, match=message):
        dimensions_of(words)


def test_words_that_mean_nothing_behind_with_are_said_so():
    with pytest.raises(CommandLineError, match="name of an entry is empty"):
        dimensions_of(["a..b=1"])


@pytest.mark.parametrize(
    ("zipped", "message"),
    [
        ((("a", "b"),), r"equally long \(a has 2, b has 3\)"),
        ((("a", "z"),), r"--zip z: no list of alternatives \(there are: a, b, c\)"),
        ((("a", "c"), ("c", "a")), "--zip c: it is named twice"),
    ],
)
def test_what_cannot_be_zipped(zipped, message):
    with pytest.raises(SweepError, match=message):
        space_of("a=1,2", "b=1,2,3", "c=5,6", zipped=zipped)


@given(
    kind=st.sampled_from(["uniform", "loguniform", "int", "logint"]),
    low=st.integers(1, 50),
    width=st.integers(1, 10**6),
    seed=st.integers(0, 10**9),
)
def test_what_is_drawn_lies_within_its_bounds(kind, low, width, seed):
    space = Space(dimensions=(Distribution(name="x", kind=kind, low=low, high=low + width),))
    for number in range(20):
        value = space.draw(number, seed).updates["x"]
        assert low <= value <= low + width
        assert isinstance(value, int) == ("int" in kind)


def test_draws_are_spread_as_they_should_be():
    def draws(kind, *bounds):
        space = Space(dimensions=(distribution_or_axis("x", kind, bounds),))
        return [space.draw(number, 1).updates["x"] for number in range(3000)]

    ints = draws("int", 1, 4)
    assert {n: round(ints.count(n) / 3000, 1) for n in range(1, 5)} == dict.fromkeys(
        range(1, 5), pytest.approx(0.25, abs=0.06)
    )
    logs = sorted(draws("loguniform", 1e-4, 1))
    assert math.log10(logs[1500]) == pytest.approx(-2, abs=0.2)
    normals = sorted(draws("normal", 5, 2))
    assert (normals[1500], normals[2520]) == pytest.approx((5, 7), abs=0.3)
    assert set(draws("uniform", 0, 1, 0.25)) == {0, 0.25, 0.5, 0.75, 1}


def test_a_point_is_the_same_whenever_it_is_drawn():
    space = space_of("lr=loguniform(1e-5, 0.1)", "bs=16,32", "fast,slow")
    points = [space.draw(number, 7) for number in range(50)]
    assert [space.draw(number, 7) for number in reversed(range(50))][::-1] == points
    assert space.draw(0, 8) != points[0]
    assert {point.updates["bs"] for point in points} == {16, 32}


def plan_of(*words: str, **options) -> SweepPlan:
    return SweepPlan(name="s", spaces=(space_of(*words),), seed=3, **options).check()


def test_each_point_is_run_with_the_same_seeds():
    points = list(plan_of("lr=1,2", seeds=3).points())
    assert [(point.number, point.repeat) for point in points] == [
        (number, repeat) for number in range(2) for repeat in range(3)
    ]
    seeds = [point.updates["seed"] for point in points]
    assert seeds[:3] == seeds[3:] == seeds_of(3, 3)
    assert len(set(seeds)) == 3
    assert seeds_of(3, 5)[:3] == seeds_of(3, 3)


def test_a_condition_leaves_points_out():
    plan = plan_of("a=1,2,3", "b=1,2", where=lambda values: values["a"] != 2)
    assert [(p.number, p.updates["a"]) for p in plan.points()] == [(0, 1), (1, 1), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("words", "options", "message"),
    [
        (["lr=uniform(0, 1)"], {}, "uniform has no end of values.*--trials N"),
        (["lr=1,2", "seed=1"], {"seeds": 2}, "--seeds and seed= contradict"),
        (["seed=1,2"], {"seeds": 2}, "--seeds and seed= contradict"),
        (["lr=1,2"], {"seeds": 0}, "--seeds is 1 or more"),
        (["lr=1,2"], {"trials": 0}, "--trials is 1 or more"),
        (["lr=1,2"], {"sampler": "tpe", "trials": 3}, "--minimize FIELD"),
        (
            ["lr=1,2"],
            {"sampler": "tpe", "objectives": (Objective(field="result"),)},
            "--sampler tpe needs --trials N",
        ),
    ],
)
def test_a_plan_that_contradicts_itself(words, options, message):
    with pytest.raises(SweepError, match=message):
        plan_of(*words, **options)


@given(st.text(alphabet="a,'\"[](){}\\ ", max_size=12))
def test_alternatives_put_together_again_are_the_text(text):
    try:
        parts = split_alternatives(text)
    except SweepError:
        return
    assert ",".join(parts).replace(" ", "") == text.replace(" ", "")
