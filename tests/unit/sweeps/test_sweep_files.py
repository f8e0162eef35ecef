"""Sweeps from files: our own, and those that were written for W&B and SEML.

What files of others expand to is written down from their documentation.
"""

from __future__ import annotations

import textwrap

import pytest

from sacred.sweeps.errors import SweepError
from sacred.sweeps.plan import Objective, SweepPlan
from sacred.sweeps.sweep_files import read_sweep_file


@pytest.fixture
def read(tmp_path):
    def read(text, name="sweep.yaml"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return read_sweep_file(path)

    return read


def configurations(found, seed=1):
    plan = SweepPlan(name="s", spaces=found.spaces, seed=seed, trials=found.trials)
    return [dict(point.updates) for point in plan.check().points()]


def test_our_own(read):
    found = read(
        """
        name: s1
        with: [fast, epochs=10]
        space:
          lr: loguniform(1e-5, 1e-1)
          opt.name: [adam, sgd]
          bs: choice(16, 32)
          depth: 3
        zip: [opt.name, bs]
        seeds: 5
        trials: 40
        sampler: tpe
        seed: 7
        minimize: metrics.val_loss.min
        maximize: [result]
        prune: median
        where: not (bs = 32 and lr > 0.01)
        """
    )
    [space] = found.spaces
    assert [str(one) for one in space.dimensions] == [
        "lr: loguniform(1e-05, 0.1)", "opt.name: adam, sgd", "bs: 16, 32",
    ]  # fmt: skip
    assert (space.fixed, space.zipped) == (("fast", "epochs=10", "depth=3"), (("opt.name", "bs"),))
    assert (found.name, found.seeds, found.trials, found.sampler, found.seed) == (
        "s1", 5, 40, "tpe", 7,
    )  # fmt: skip
    assert found.objectives == (
        Objective(field="metrics.val_loss.min"),
        Objective(field="result", is_maximized=True),
    )
    assert (found.pruner, found.where) == ("median", "not (bs = 32 and lr > 0.01)")


def test_toml_is_as_good(read):
    found = read('[space]\nlr = [0.1, 0.2]\n"opt.name" = "adam,sgd"\n', "s.toml")
    assert configurations(found) == [
        {"lr": 0.1, "opt": {"name": "adam"}}, {"lr": 0.1, "opt": {"name": "sgd"}},
        {"lr": 0.2, "opt": {"name": "adam"}}, {"lr": 0.2, "opt": {"name": "sgd"}},
    ]  # fmt: skip


def test_a_grid_of_wandb(read):
    found = read(
        """
        program: train.py
        method: grid
        metric: {name: val_loss, goal: minimize}
        parameters:
          batch_size: {values: [16, 32]}
          epochs: {value: 5}
          optimizer:
            parameters:
              lr: {values: [0.1, 0.01]}
        """
    )
    assert found.trials is None
    assert found.objectives == (Objective(field="metrics.val_loss.last"),)
    assert configurations(found) == [
        {"epochs": 5, "batch_size": 16, "optimizer": {"lr": 0.1}},
        {"epochs": 5, "batch_size": 16, "optimizer": {"lr": 0.01}},
        {"epochs": 5, "batch_size": 32, "optimizer": {"lr": 0.1}},
        {"epochs": 5, "batch_size": 32, "optimizer": {"lr": 0.01}},
    ]


def test_distributions_of_wandb(read):
    found = read(
        """
        method: bayes
        name: tuned
        run_cap: 20
        metric: {name: acc, goal: maximize}
        early_terminate: {type: hyperband, min_iter: 3}
        parameters:
          a: {min: 1, max: 4}
          b: {min: 0.0, max: 1.0}
          c: {distribution: log_uniform_values, min: 1.0e-5, max: 0.1}
          d: {distribution: q_uniform, min: 0, max: 10, q: 5}
          e: {distribution: normal, mu: 3, sigma: 2}
          f: {distribution: int_uniform, min: 1, max: 9}
        """
    )
    assert [str(one) for one in found.spaces[0].dimensions] == [
        "a: int(1, 4)", "b: uniform(0.0, 1.0)", "c: loguniform(1e-05, 0.1)",
        "d: uniform(0, 10, step=5)", "e: normal(3, 2)", "f: int(1, 9)",
    ]  # fmt: skip
    assert (found.name, found.trials, found.sampler, found.pruner) == (
        "tuned", 20, "tpe", "hyperband",
    )  # fmt: skip
    assert found.objectives == (Objective(field="metrics.acc.last", is_maximized=True),)


def test_a_file_of_seml(read):
    found = read(
        """
        seml: {executable: train.py, name: x}
        slurm: {experiments_per_job: 1}
        fixed:
          max_epochs: 500
          model: {depth: 2}
        grid:
          learning_rate: {type: loguniform, min: 1.0e-3, max: 1.0e-1, num: 3}
          model.width: {type: range, min: 1, max: 4, step: 2}
        """
    )
    assert configurations(found) == [
        {
            "max_epochs": 500,
            "model": {"depth": 2, "width": width},
            "learning_rate": pytest.approx(rate),
        }
        for rate in (0.001, 0.01, 0.1)
        for width in (1, 3)
    ]


def test_axes_of_seml_are_zipped_and_nested(read):
    found = read(
        """
        grid:
          data:
            name: {type: choice, options: [small, large], zip_id: d}
            batch: {type: choice, options: [8, 64], zip_id: d}
          lr: {type: uniform, min: 0, max: 1, num: 2}
        """
    )
    assert configurations(found) == [
        {"data": {"name": name, "batch": batch}, "lr": lr}
        for name, batch in (("small", 8), ("large", 64))
        for lr in (0, 1)
    ]


def test_samples_of_seml_are_combined_with_its_grid(read):
    text = """
        random:
          samples: 3
          seed: 821
          max_hidden: {type: randint, min: 1, max: 3}
          lr: {type: loguniform, min: 1.0e-4, max: 1.0e-2}
          act: {type: choice, options: [relu, tanh]}
        """
    alone = read(text)
    assert (alone.trials, alone.seed, alone.sampler) == (3, 821, "random")
    drawn = configurations(alone)
    assert len(drawn) == 3
    assert all(c["max_hidden"] in (1, 2) and 1e-4 <= c["lr"] <= 1e-2 for c in drawn)
    combined = configurations(
        read(f"{textwrap.dedent(text)}grid:\n  n: {{type: choice, options: [1, 2]}}\n")
    )
    assert len(combined) == 6
    assert len({c["lr"] for c in combined}) == 3
    assert [c["n"] for c in combined] == [1, 2] * 3


def test_blocks_of_seml_inherit_and_come_one_after_the_other(read):
    found = read(
        """
        fixed: {epochs: 10}
        grid:
          lr: {type: choice, options: [1, 2]}
        small:
          fixed: {size: 1}
        large:
          fixed: {size: 9, epochs: 20}
          grid:
            depth: {type: choice, options: [5, 6]}
        """
    )
    assert configurations(found) == [
        {"epochs": 10, "size": 1, "lr": 1}, {"epochs": 10, "size": 1, "lr": 2},
        {"epochs": 20, "size": 9, "lr": 1, "depth": 5},
        {"epochs": 20, "size": 9, "lr": 1, "depth": 6},
        {"epochs": 20, "size": 9, "lr": 2, "depth": 5},
        {"epochs": 20, "size": 9, "lr": 2, "depth": 6},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("space: {lr: 1}\nseedz: 3", "unknown key 'seedz'. Did you mean \"seed\""),
        ("space: {lr: 1}\ntrials: many", "trials is a whole number, not 'many'"),
        ("space: {lr: []}", "lr: there is no value"),
        ("parameters: {}\nmethod: magic", "method is grid, random or bayes, not 'magic'"),
        ("method: random\nparameters: {a: {min: 0, max: 1}}", "needs run_cap"),
        ("method: grid\nparameters: {a: {min: 0, max: 1}}", "method grid needs values, not int"),
        ("method: grid\nparameters: {a: {}}", "parameters.a has neither value"),
        ("method: grid\nparameters: {a: 3}", "parameters.a is a mapping"),
        ("random: {lr: {type: uniform, min: 0, max: 1}}", "random needs samples"),
        ("grid: {lr: {type: what}}", "a grid has no type 'what'"),
        ("other: 1", "a sweep has the key space"),
    ],
)
def test_a_file_without_meaning_is_one_error_with_its_name(read, text, message):
    with pytest.raises(SweepError, match=rf"sweep\.yaml: .*{message}"):
        read(text)
