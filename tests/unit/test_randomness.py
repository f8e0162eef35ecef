"""Seeds and generators."""

from __future__ import annotations

import random
import subprocess
import sys
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

from sacred import randomness
from sacred.randomness import SEEDRANGE, create_rnd, get_seed, random_seed, set_global_seed
from sacred.settings import SETTINGS


@pytest.fixture(autouse=True)
def _keep_global_state():
    """Tests seed the global generators."""
    states = random.getstate(), np.random.get_state()
    yield
    random.setstate(states[0])
    np.random.set_state(states[1])


@pytest.fixture
def without_numpy(monkeypatch):
    """As if numpy were not installed."""
    monkeypatch.setattr(randomness, "installed_numpy", lambda: None)


@pytest.fixture
def legacy(monkeypatch):
    """The old API of numpy is asked for."""
    monkeypatch.setitem(dict.__getitem__(SETTINGS, "CONFIG"), "NUMPY_RANDOM_LEGACY_API", True)


def test_numpys_generator():
    """With numpy: its Generator, and its integers as seeds."""
    rnd = create_rnd(7)
    assert isinstance(rnd, np.random.Generator)
    assert get_seed(rnd) == int(np.random.default_rng(7).integers(1, 10**9, dtype=int))


def test_the_legacy_generator(legacy):
    """With the setting: RandomState."""
    rnd = create_rnd(7)
    assert isinstance(rnd, np.random.RandomState)
    assert get_seed(rnd) == np.random.RandomState(7).randint(1, 10**9)


def test_pythons_generator(without_numpy):
    """Without numpy: random.Random."""
    rnd = create_rnd(7)
    assert type(rnd) is random.Random
    assert get_seed(rnd) == random.Random(7).randint(1, 10**9)


@pytest.mark.parametrize("mode", [None, "legacy", "without_numpy"])
def test_seeds_are_ints(request, mode):
    """Seeds are Python's ints: they become part of the configuration."""
    if mode:
        request.getfixturevalue(mode)
    assert type(get_seed(create_rnd(1))) is int


@pytest.mark.parametrize("seed", ["a", 1.5, None, [1], np.float64(1), np.array([1, 2])])
def test_a_seed_must_be_an_int(seed):
    """Anything else is refused with a message that shows it."""
    with pytest.raises(TypeError, match="Seed has to be integer but was"):
        create_rnd(seed)
    with pytest.raises(AssertionError):
        create_rnd(seed)


def test_numpys_ints_are_seeds():
    """They give what Python's give."""
    assert get_seed(create_rnd(np.int64(7))) == get_seed(create_rnd(7))


def test_random_seeds_do_not_depend_on_user_code():
    """`random.seed(0)` does not decide the random seed."""
    seeds = set()
    for _ in range(5):
        random.seed(0)
        np.random.seed(0)
        seeds.update({get_seed(), random_seed()})
    assert len(seeds) == 10
    assert all(SEEDRANGE[0] <= seed < SEEDRANGE[1] for seed in seeds)


def test_drawing_a_random_seed_leaves_the_global_generator_alone():
    """The user's own sequence goes on as if nothing had happened."""
    random.seed(0)
    expected = random.random()
    random.seed(0)
    get_seed()
    assert random.random() == expected


def test_set_global_seed():
    """`random` and numpy are seeded."""
    set_global_seed(3)
    first = random.random(), np.random.random()
    set_global_seed(np.int64(3))
    assert (random.random(), np.random.random()) == first
    assert first == (random.Random(3).random(), np.random.RandomState(3).random())


def test_pytorch_is_seeded_if_imported(monkeypatch):
    """All CUDA devices as well."""
    torch = Mock()
    monkeypatch.setitem(sys.modules, "torch", torch)
    set_global_seed(3)
    torch.manual_seed.assert_called_once_with(3)
    torch.cuda.manual_seed_all.assert_called_once_with(3)


def test_tensorflow_2_is_seeded_if_imported(monkeypatch):
    """By the name that version 2 has for it."""
    seeds = []
    tensorflow = SimpleNamespace(random=SimpleNamespace(set_seed=seeds.append))
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
    set_global_seed(3)
    assert seeds == [3]


def test_tensorflow_1_is_seeded_if_imported(monkeypatch):
    """By the name that version 1 has for it."""
    seeds = []
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(set_random_seed=seeds.append))
    set_global_seed(3)
    assert seeds == [3]


def test_without_numpy_for_real():
    """In a process that cannot import numpy, nothing tries to."""
    script = (
        f"import sys; sys.path[:0] = {sys.path!r}; sys.modules['numpy'] = None\n"
        "from sacred.randomness import *\n"
        "set_global_seed(1); print(type(create_rnd(get_seed(create_rnd(1)))).__module__)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "random"


RUNS_WITHOUT_NUMPY = """\
import sys
from sacred import Experiment, Ingredient
from sacred.observers import FileStorageObserver

data = Ingredient("data")
ex = Experiment("e", interactive=True, ingredients=[data], save_git_info=False)
ex.observers.append(FileStorageObserver("runs"))

@data.capture
def draw(_rnd): return _rnd.integers(1000)

@ex.main
def main(seed):
    assert "numpy" not in sys.modules, "numpy was imported to be seeded"
    import numpy as np
    return [int(np.random.randint(1000)), int(draw())]

run = ex.run(config_updates={"seed": 12}, options={"--loglevel": "ERROR"})
import numpy as np
state = np.random.RandomState(12)
assert run.result[0] == state.randint(1000), run.result
assert type(np.random.__loader__).__module__.startswith(("_frozen", "importlib"))
print(run.result)
"""


def test_numpy_is_imported_and_seeded_only_when_somebody_uses_it(run_script):
    """It takes longer to import than all the rest; the numbers are the same."""
    done = run_script(RUNS_WITHOUT_NUMPY)
    assert done.returncode == 0, done.stderr
    again = run_script("import numpy\n" + RUNS_WITHOUT_NUMPY.replace('assert "numpy" not', "#"))
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout


def test_what_is_promised_is_what_would_have_been_drawn():
    """Draws in between keep their places."""
    source, rnd = randomness.SeedSource(lambda: 5), create_rnd(5)
    first = source.promise()
    expected = [get_seed(rnd)]
    assert get_seed(source.generator()) == get_seed(rnd)
    second = source.promise()
    expected.append(get_seed(rnd))
    assert [first(), second()] == expected


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_global_seed_that_numpy_cannot_take_is_refused_at_once(run_script, seed):
    """Whether or not numpy has been imported yet."""
    done = run_script(
        f"""
        from sacred.randomness import set_global_seed
        try:
            set_global_seed({seed})
        except ValueError as error:
            print(error)
    """.replace("\n        ", "\n")
    )
    assert "between 0 and 2**32 - 1" in done.stdout


@pytest.mark.parametrize("seed", [-1, "a"])
def test_check_seed_refuses_what_create_rnd_refuses(seed):
    """Without a generator being made."""
    with pytest.raises((TypeError, ValueError)) as refused:
        create_rnd(seed)
    with pytest.raises(refused.type, match=r"\w"):
        randomness.check_seed(seed)


def test_random_is_seeded_before_a_script_imports_it(run_script):
    """However often seeds are set before; the last one counts."""
    done = run_script("""
import sys
from sacred.randomness import random_seed, set_global_seed
set_global_seed(3)
set_global_seed(5)
print(0 < random_seed() < 10**9)
import random
print(random.random() == random.Random(5).random())
""")
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_to_look_for_numpy_is_not_to_import_it(run_script):
    """It is seeded when it is imported, whoever has asked whether it is there."""
    done = run_script("""
import importlib.util
import sacred.randomness

sacred.randomness.set_global_seed(42)
assert importlib.util.find_spec("numpy.random") is not None
import numpy.random

drawn = numpy.random.randint(10**9)
numpy.random.seed(42)
print(drawn == numpy.random.randint(10**9))
""")
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr
