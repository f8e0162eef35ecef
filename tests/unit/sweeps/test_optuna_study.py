"""Points from Optuna: the study is made anew from what runs have reached."""

from __future__ import annotations

import pytest

from sacred._base.errors import MissingExtraError
from sacred.sweeps.errors import SweepError
from sacred.sweeps.outcomes import Outcome
from sacred.sweeps.plan import Objective, SweepPlan
from sacred.sweeps.space import Space
from sacred.sweeps.words import dimensions_of

pytest.importorskip("optuna", reason="there is no Optuna for this Python")


def study_of(*words, zipped=(), sampler="tpe", objectives=("result",)):
    from sacred.sweeps.optuna_study import Study

    dimensions, fixed = dimensions_of(words)
    space = Space(dimensions=tuple(dimensions), fixed=tuple(fixed), zipped=zipped)
    plan = SweepPlan(
        name="s",
        spaces=(space,),
        seed=5,
        trials=100,
        sampler=sampler,
        objectives=tuple(Objective(field=field) for field in objectives),
    )
    return Study(plan.check())


def optimize(study, objective, count):
    outcomes = []
    for trial in range(count):
        point = study.next_point(outcomes, trial)
        reached = objective(point.updates)
        outcomes.append(
            Outcome(trial=trial, values=point.values, state="complete", reached=reached, runs=())
        )
    return outcomes


def test_it_gets_nearer_to_what_is_looked_for():
    study = study_of("x=uniform(-10, 10)", "kind=good,bad", "n=3")
    found = optimize(study, lambda c: (c["x"] ** 2 + (c["kind"] == "bad") * 50,), 40)
    late = [outcome.reached[0] for outcome in found[25:]]
    early = [outcome.reached[0] for outcome in found[:10]]
    assert sorted(late)[len(late) // 2] < sorted(early)[len(early) // 2] / 3
    assert study.importance(found).shares.keys() == {"x", "kind"}


@pytest.mark.parametrize("sampler", ["tpe", "random", "qmc", "nsga2"])
def test_all_kinds_of_dimensions(sampler):
    study = study_of(
        "a=uniform(0, 1)", "b=loguniform(1e-3, 1)", "c=int(1, 5)", "d=logint(1, 64)",
        "e=uniform(0, 10, 5)", "f=[1],[2,3]", "g=x,y", "fast,slow", zipped=(("f", "g"),),
        sampler=sampler,
    )  # fmt: skip
    for outcome in optimize(study, lambda c: (c["a"],), 12):
        values = outcome.values
        assert 0 <= values["a"] <= 1
        assert 1e-3 <= values["b"] <= 1
        assert values["c"] in range(1, 6)
        assert values["d"] in range(1, 65)
        assert values["e"] in (0, 5, 10)
        assert (values["f"], values["g"]) in (([1], "x"), ([2, 3], "y"))
        assert values["fast,slow"] in ("fast", "slow")


def test_runs_under_way_count_and_those_outside_of_the_space_do_not():
    study = study_of("x=uniform(0, 1)")

    def outcome(trial, x, state, *reached):
        return Outcome(trial=trial, values={"x": x}, state=state, reached=reached, runs=())

    known = [
        outcome(0, 0.5, "complete", 1.0),
        outcome(1, 0.6, "active"),
        outcome(2, 0.7, "failed"),
        outcome(3, 0.8, "pruned"),
        outcome(4, 7.0, "complete", 2.0),  # of a space that has been changed since
        outcome(5, "text", "complete", 2.0),
    ]
    point = study.next_point(known, 6)
    assert 0 <= point.updates["x"] <= 1
    assert study.next_point(known, 6).updates == point.updates  # nothing but these decides
    with pytest.raises(SweepError, match="two complete points"):
        study.importance(known)


def test_importance_says_why_there_is_none(monkeypatch):
    study = study_of("x=uniform(-10, 10)", "kind=good,bad", "n=3")
    points = optimize(study, lambda c: (1.0,), 6)
    with pytest.raises(SweepError, match="all are the same"):
        study.importance(points)
    points = optimize(study, lambda c: (c["x"],), 12)
    # Not by `sys.modules`: Optuna would remember, in all tests to come, that it cannot import it.
    monkeypatch.setattr("sacred.sweeps.optuna_study.is_installed", lambda name: False)
    assert study.importance(points).method == "PED-ANOVA"
    monkeypatch.delattr("optuna.importance.PedAnovaImportanceEvaluator")
    with pytest.raises(MissingExtraError, match="pip install scikit-learn"):
        study.importance(points)


def test_several_objectives():
    study = study_of("x=uniform(0, 1)", sampler="nsga2", objectives=("result", "metrics.size.last"))
    found = optimize(study, lambda c: (c["x"], 1 - c["x"]), 12)
    assert len({outcome.values["x"] for outcome in found}) == 12


@pytest.mark.parametrize(
    ("word", "sampler", "message"),
    [
        ("x=normal(0, 1)", "tpe", "x: Optuna draws from no normal distribution"),
        ("x=uniform(0, 1)", "tpee", "no sampler 'tpee' .*Did you mean \"tpe\""),
    ],
)
def test_what_optuna_cannot_do_is_said(word, sampler, message):
    with pytest.raises(SweepError, match=message):
        study_of(word, sampler=sampler).next_point([], 0)
