"""Record the random numbers that a set of experiments gets.

The seeds are part of the contract: for one and the same script and root seed
the values must be those of the old library.  ``seeds.json`` next to this file
holds what the old library gave.  Only public API is used here, so that the
same file serves the old and the new library::

    python record_seeds.py numpy|nonumpy|legacy      # prints JSON for one mode
    python record_seeds.py merge A.json B.json ...   # prints the merged file

A test imports :func:`scenarios` and compares ``scenarios(mode)`` to
``json.load(open("seeds.json"))[mode]``; both hold only JSON values.
``nonumpy`` needs a process in which numpy cannot be imported (the script sees
to that when it is run; importers have to block numpy before `sacred` is
imported).
"""

import json
import random
import sys

MODES = ("numpy", "nonumpy", "legacy")
OPTIONS = {"--loglevel": "CRITICAL", "--unobserved": True, "--capture": "no"}
ARGV_OPTIONS = ["--loglevel=CRITICAL", "--unobserved", "--capture=no"]
ROOT_SEEDS = (0, 1, 42, 123, 999999999, 2**31 - 1, 2**32 - 1)

LOG = []  # what the probes of the current run have drawn, in order


# ------------------------------------------------------------------- probes
def draws(rnd):
    """Three draws from a generator of whatever kind."""
    if hasattr(rnd, "integers"):  # numpy.random.Generator
        values = [rnd.integers(0, 10**9), rnd.random(), rnd.integers(0, 10**9)]
    elif hasattr(rnd, "random_sample"):  # numpy.random.RandomState
        values = [
            rnd.randint(0, 10**9),
            rnd.random_sample(),
            rnd.randint(0, 10**9),
        ]
    else:  # random.Random
        values = [rnd.random(), rnd.random(), rnd.random()]
    return [v if isinstance(v, (int, float)) else v.item() for v in values]


def note(probe, **drawn):
    entry = {"probe": probe}
    if "_seed" in drawn:
        entry["seed"] = int(drawn["_seed"])
    if "_rnd" in drawn:
        entry["rnd_type"] = type(drawn["_rnd"]).__name__
        entry["rnd"] = draws(drawn["_rnd"])
    LOG.append(entry)


def global_state():
    state = {"random": random.random()}
    if "numpy" in sys.modules and sys.modules["numpy"] is not None:
        state["numpy"] = float(sys.modules["numpy"].random.random())
    return state


def make_function(kind, label):
    """A function that takes `_seed`, `_rnd`, both, or neither."""

    def seed_only(_seed):
        note(label, _seed=_seed)

    def rnd_only(_rnd):
        note(label, _rnd=_rnd)

    def both(_seed, _rnd):
        note(label, _seed=_seed, _rnd=_rnd)

    def neither():
        note(label)

    function = {"s": seed_only, "r": rnd_only, "b": both, "n": neither}[kind]
    function.__name__ = label.replace(".", "_")
    return function


def capture(ing, label, kinds):
    """Captured probes, one per letter of `kinds`, in that order."""
    return [ing.capture(make_function(kind, f"{label}.{i}{kind}")) for i, kind in enumerate(kinds)]


def set_main(ex, probes, rounds=2):
    @ex.main
    def main(_seed, _rnd):
        note("main", _seed=_seed, _rnd=_rnd)
        LOG.append({"probe": "global", "state": global_state()})
        for _ in range(rounds):
            for probe in probes:
                probe()


# -------------------------------------------------------------- experiments
def _experiment(name, ingredients=()):
    from sacred import Experiment

    return Experiment(name, ingredients=list(ingredients), save_git_info=False)


def _ingredient(path, ingredients=()):
    from sacred import Ingredient

    return Ingredient(path, ingredients=list(ingredients), save_git_info=False)


def build_plain(name):
    ex = _experiment(name)
    probes = capture(ex, "ex", "srbn")
    set_main(ex, probes)
    return ex, probes


def build_main_first(name):
    """The main function is captured before the other functions."""
    ex = _experiment(name)
    probes = []
    set_main(ex, probes)
    probes += capture(ex, "ex", "bsrb")
    return ex, probes


def build_many_calls(name):
    ex = _experiment(name)
    probes = capture(ex, "ex", "bsnr")
    set_main(ex, probes, rounds=7)
    return ex, probes


def build_add_config_seed(name):
    ex = _experiment(name)
    ex.add_config(seed=4711, other=1)
    probes = capture(ex, "ex", "sr")
    set_main(ex, probes)
    return ex, probes


def build_scope_seed(name):
    ex = _experiment(name)

    @ex.config
    def cfg():
        seed = 17 * 3

    probes = capture(ex, "ex", "sr")
    set_main(ex, probes)
    return ex, probes


def build_scope_reads_seed(name):
    """A scope can read `seed` only if an earlier source has set it."""
    ex = _experiment(name)
    ex.add_config(seed=11)

    @ex.config
    def cfg(seed):
        derived = seed + 1

    probes = capture(ex, "ex", "b")
    set_main(ex, probes)
    return ex, probes


def build_named_config_seed(name):
    data = _ingredient("data")
    ex = _experiment(name, [data])
    ex.add_named_config("seven", {"seed": 7})
    ex.add_named_config("data_eight", {"seed": 7, "data": {"seed": 8}})
    data.add_named_config("nine", {"seed": 9})
    probes = capture(ex, "ex", "b") + capture(data, "data", "b")
    set_main(ex, probes)
    return ex, probes


def build_commands(name):
    data = _ingredient("data")
    ex = _experiment(name, [data])
    probes = capture(ex, "ex", "s") + capture(data, "data", "s")

    @ex.command
    def shuffle(_seed):
        note("shuffle", _seed=_seed)
        LOG.append({"probe": "global", "state": global_state()})
        for probe in probes:
            probe()

    @ex.command(unobserved=True)
    def sample(_rnd):
        note("sample", _rnd=_rnd)
        for probe in probes:
            probe()

    @data.command
    def prepare(_seed, _rnd):
        note("data.prepare", _seed=_seed, _rnd=_rnd)
        for probe in probes:
            probe()

    set_main(ex, probes)
    return ex, probes


def build_hooks(name):
    data = _ingredient("data")
    ex = _experiment(name, [data])
    probes = capture(ex, "ex", "s")
    ex.pre_run_hook(make_function("b", "ex.pre"))
    data.pre_run_hook(make_function("b", "data.pre"))
    probes += capture(data, "data", "s")
    set_main(ex, probes)
    ex.post_run_hook(make_function("b", "ex.post"))
    data.post_run_hook(make_function("b", "data.post"))
    return ex, probes


def build_prefix(name):
    ex = _experiment(name)
    ex.add_config(a={"b": {"c": 1}}, seed=5)

    @ex.capture(prefix="a.b")
    def inner(c, _seed, _rnd):
        note("inner", _seed=_seed, _rnd=_rnd)

    @ex.capture
    def explicit(_seed, _rnd):
        note("explicit", _seed=_seed, _rnd=_rnd)

    def given():  # an explicit seed; what does the next draw give?
        explicit(_seed=1)

    probes = [inner, explicit, given, explicit]
    set_main(ex, probes)
    return ex, probes


def build_one_ingredient(name):
    data = _ingredient("data")
    data.add_config(size=3)
    ex = _experiment(name, [data])
    probes = capture(data, "data", "srbn") + capture(ex, "ex", "b")
    set_main(ex, probes)
    return ex, probes


def build_nested(name):
    paths = _ingredient("data.paths")
    data = _ingredient("data", [paths])
    model = _ingredient("model")
    ex = _experiment(name, [data, model])
    probes = (
        capture(ex, "ex", "bs")
        + capture(data, "data", "sr")
        + capture(model, "model", "nb")
        + capture(paths, "data.paths", "bsr")
    )
    set_main(ex, probes)
    return ex, probes


def build_several(name):
    names = ["alpha", "beta", "gamma", "delta", "epsilon"]
    ings = [_ingredient(n) for n in names]
    ex = _experiment(name, ings)
    probes = []
    for n, ing in zip(names, ings, strict=True):
        probes += capture(ing, n, "sb")
    probes += capture(ex, "ex", "b")
    set_main(ex, probes, rounds=1)
    return ex, probes


def build_deep(name):
    d4 = _ingredient("a.b.c.d")
    d3 = _ingredient("a.b.c", [d4])
    e3 = _ingredient("a.b.e")
    d2 = _ingredient("a.b", [d3, e3])
    f2 = _ingredient("a.f")
    d1 = _ingredient("a", [d2, f2])
    g1 = _ingredient("g.h")  # a dotted path used directly by the experiment
    ex = _experiment(name, [d1, g1])
    probes = []
    for ing in (d1, d2, d3, d4, e3, f2, g1):
        probes += capture(ing, ing.path, "sb")
    set_main(ex, probes, rounds=1)
    return ex, probes


def _build_shared(name, order):
    paths = _ingredient("data.paths")
    data = _ingredient("data", [paths])
    model = _ingredient("model")
    by_name = {"data": data, "paths": paths, "model": model}
    ex = _experiment(name, [by_name[n] for n in order])
    probes = []
    for ing in (data, model, paths):
        probes += capture(ing, ing.path, "sb")
    set_main(ex, probes, rounds=1)
    return ex, probes


def build_shared_first(name):
    """`data.paths` used by the experiment and by `data`; listed first."""
    return _build_shared(name, ["paths", "data", "model"])


def build_shared_last(name):
    return _build_shared(name, ["model", "data", "paths"])


def build_shared_by_two_ingredients(name):
    """`a.b.c` lies under both of its users, `a` and `a.b`."""
    abc = _ingredient("a.b.c")
    ab = _ingredient("a.b", [abc])
    a = _ingredient("a", [abc])
    ex = _experiment(name, [a, ab])
    probes = []
    for ing in (a, ab, abc):
        probes += capture(ing, ing.path, "sb")
    set_main(ex, probes, rounds=1)
    return ex, probes


def build_shared_outside(name):
    """`paths` is used by the experiment, and by `data` and `model` as well."""
    paths = _ingredient("paths")
    data = _ingredient("data", [paths])
    model = _ingredient("model", [paths])
    ex = _experiment(name, [data, paths, model])
    probes = []
    for ing in (data, model, paths):
        probes += capture(ing, ing.path, "sb")
    set_main(ex, probes, rounds=1)
    return ex, probes


def build_ingredient_seed(name):
    """An ingredient that sets `seed`; its ingredient and siblings do not."""
    sub = _ingredient("data.sub")
    data = _ingredient("data", [sub])
    first, last = _ingredient("first"), _ingredient("last")
    data.add_config(seed=1000, x=1)
    ex = _experiment(name, [first, data, last])
    probes = []
    for ing in (first, data, sub, last):
        probes += capture(ing, ing.path, "sb")
    probes += capture(ex, "ex", "b")
    set_main(ex, probes, rounds=1)
    return ex, probes


def build_experiment_sets_ingredient_seed(name):
    """The experiment's own sources cannot reach into an ingredient; an
    ingredient's scope can."""
    data = _ingredient("data")

    @data.config
    def cfg():
        seed = 2000

    ex = _experiment(name, [data])
    ex.add_config(seed=3)
    probes = capture(data, "data", "sb") + capture(ex, "ex", "b")
    set_main(ex, probes, rounds=1)
    return ex, probes


def build_config_hook_seed(name):
    data = _ingredient("data")
    other = _ingredient("other")
    ex = _experiment(name, [data, other])

    @data.config_hook
    def data_hook(config, command_name, logger):
        return {"seed": 77}

    probes = capture(data, "data", "b") + capture(other, "other", "b")
    probes += capture(ex, "ex", "b")
    set_main(ex, probes, rounds=1)
    return ex, probes


def build_ingredient_commands(name):
    """Commands count as captured functions of their ingredient."""
    data = _ingredient("data")

    @data.capture
    def before(_seed):
        note("before", _seed=_seed)

    @data.command
    def cmd(_seed):
        note("data.cmd", _seed=_seed)

    @data.capture
    def after(_seed):
        note("after", _seed=_seed)

    ex = _experiment(name, [data])

    @ex.command
    def excmd(_seed):
        note("excmd", _seed=_seed)

    probes = [before, cmd, after, excmd]
    set_main(ex, probes)
    return ex, probes


def build_nested_calls(name):
    """A captured function that calls captured functions, also itself."""
    ex = _experiment(name)

    @ex.capture
    def leaf(_seed):
        note("leaf", _seed=_seed)

    @ex.capture
    def recursive(n, _rnd, _seed):
        note("recursive", _seed=_seed, _rnd=_rnd)
        if n:
            leaf()
            recursive(n - 1)

    probes = [lambda: recursive(3), leaf]
    set_main(ex, probes)
    return ex, probes


def build(name):
    """(experiment, captured probes) for the scenario `name`."""
    return globals()["build_" + SCENARIOS[name]["build"]](name)


# ---------------------------------------------------------------- scenarios
def _seeds(build_name, seeds=ROOT_SEEDS):
    return {
        "build": build_name,
        "runs": [{"config_updates": {"seed": s}} for s in seeds],
    }


def _updates(build_name, *updates):
    return {"build": build_name, "runs": [{"config_updates": u} for u in updates]}


SCENARIOS = {
    "plain": _seeds("plain"),
    "plain_same_seed_twice": _seeds("plain", (42, 42)),
    "main_first": _seeds("main_first", (0, 123)),
    "many_calls": _seeds("many_calls", (7,)),
    "nested_calls": _seeds("nested_calls", (7, 8)),
    "prefix": _updates("prefix", {}, {"seed": 6}),
    "add_config_seed": _updates("add_config_seed", {}, {"seed": 123}, {"other": 2}),
    "scope_seed": _updates("scope_seed", {}, {"seed": 123}),
    "scope_reads_seed": _updates("scope_reads_seed", {}, {"seed": 123}),
    "named_config_seed": {
        "build": "named_config_seed",
        "runs": [
            {"named_configs": ["seven"]},
            {"named_configs": ["data_eight"]},
            {"named_configs": ["seven", "data.nine"]},
            {"named_configs": ["data_eight"], "config_updates": {"seed": 10}},
        ],
    },
    "commands": {
        "build": "commands",
        "runs": [
            {"command_name": c, "config_updates": {"seed": 123}}
            for c in (None, "shuffle", "sample", "data.prepare")
        ],
    },
    "commandline": {
        "build": "commands",
        "runs": [
            {"argv": ["with", "seed=123"]},
            {"argv": ["shuffle", "with", "seed=123", "data.seed=5"]},
            {"argv": ["data.prepare", "with", "seed=1"]},
        ],
    },
    "hooks": _seeds("hooks", (123,)),
    "one_ingredient": _seeds("one_ingredient"),
    "one_ingredient_seed_update": _updates(
        "one_ingredient",
        {"seed": 123, "data.seed": 5},
        {"seed": 123, "data": {"seed": 5}},
        {"seed": 124, "data.seed": 5, "data.size": 4},
    ),
    "nested": _seeds("nested"),
    "nested_seed_update": _updates(
        "nested",
        {"seed": 123, "data.seed": 5},
        {"seed": 123, "data.paths.seed": 6},
        {"seed": 123, "model.seed": 7},
        {"seed": 123, "data.seed": 5, "data.paths.seed": 6, "model.seed": 7},
    ),
    "several": _seeds("several", (0, 123, 2**31 - 1)),
    "several_seed_update": _updates("several", {"seed": 123, "gamma.seed": 1}),
    "deep": _seeds("deep", (1, 123)),
    "deep_seed_update": _updates(
        "deep",
        {"seed": 123, "a.seed": 1},
        {"seed": 123, "a.b.seed": 1},
        {"seed": 123, "a.b.c.d.seed": 1},
        {"seed": 123, "g.h.seed": 1},
    ),
    "shared_first": _seeds("shared_first", (1, 123)),
    "shared_last": _seeds("shared_last", (1, 123)),
    "shared_seed_update": _updates(
        "shared_first",
        {"seed": 1, "data.seed": 5},
        {"seed": 1, "data.paths.seed": 5},
    ),
    "shared_by_two_ingredients": _seeds("shared_by_two_ingredients", (1, 123)),
    "shared_outside": _seeds("shared_outside", (1, 123)),
    "ingredient_seed": _seeds("ingredient_seed", (1, 123)),
    "ingredient_seed_update": _updates(
        "ingredient_seed",
        {"seed": 1, "data.seed": 1001},
        {"seed": 1, "data.sub.seed": 1002},
        {"seed": 1, "data.x": 2},
    ),
    "experiment_sets_ingredient_seed": _updates("experiment_sets_ingredient_seed", {}, {"seed": 4}),
    "config_hook_seed": _seeds("config_hook_seed", (1, 123)),
    "ingredient_commands": _seeds("ingredient_commands", (1, 123)),
}


def run_once(ex, argv=None, **kwargs):
    del LOG[:]
    if argv is not None:
        run = ex.run_commandline(["record_seeds.py", *argv, *ARGV_OPTIONS])
    else:
        run = ex.run(options=dict(OPTIONS), **kwargs)
    return {"status": run.status, "config": run.config, "drawn": list(LOG)}


def scenario(name):
    """One experiment, all of its runs one after the other."""
    ex, _ = build(name)
    runs = []
    for call in SCENARIOS[name]["runs"]:
        record = {"call": call}
        record.update(run_once(ex, **call))
        runs.append(record)
    return runs


def scenarios(mode):
    """{scenario name: [what each run gave]}, JSON values only."""
    from sacred import SETTINGS
    from sacred.optional import has_numpy

    assert mode in MODES, mode
    assert bool(has_numpy) == (mode != "nonumpy"), f"numpy there: {has_numpy}"
    before = SETTINGS.CONFIG.NUMPY_RANDOM_LEGACY_API
    SETTINGS.CONFIG.NUMPY_RANDOM_LEGACY_API = mode == "legacy"
    try:
        result = {name: scenario(name) for name in SCENARIOS}
    finally:
        SETTINGS.CONFIG.NUMPY_RANDOM_LEGACY_API = before
    return json.loads(json.dumps(result))


def main(argv):
    if argv[:1] == ["merge"]:
        merged = {"recorded_with": {}}
        for filename in argv[1:]:
            with open(filename) as f:
                part = json.load(f)
            for key, value in part.pop("recorded_with").items():
                merged["recorded_with"][key] = value
            merged.update(part)
        return merged
    (mode,) = argv
    if mode == "nonumpy":
        sys.modules["numpy"] = None
    import platform

    import sacred

    versions = {"sacred": sacred.__version__, "python": platform.python_version()}
    if mode != "nonumpy":
        import numpy

        versions["numpy"] = numpy.__version__
    return {"recorded_with": {mode: versions}, mode: scenarios(mode)}


def dump(obj, depth=3, indent=""):
    """JSON text with a line for each run instead of one for each number."""
    if depth and obj and isinstance(obj, (dict, list)):
        inner = indent + " "
        if isinstance(obj, dict):
            lines = [
                inner + json.dumps(k) + ": " + dump(obj[k], depth - 1, inner) for k in sorted(obj)
            ]
            return "{\n" + ",\n".join(lines) + "\n" + indent + "}"
        lines = [inner + dump(v, depth - 1, inner) for v in obj]
        return "[\n" + ",\n".join(lines) + "\n" + indent + "]"
    return json.dumps(obj, sort_keys=True)


if __name__ == "__main__":
    print(dump(main(sys.argv[1:])))
