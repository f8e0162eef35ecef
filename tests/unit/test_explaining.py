"""`explain`, `print_config --effects` and `--unused`, and updates that nothing reads."""

from __future__ import annotations

import json
import logging
import os
import textwrap
import time

import pytest

from sacred import SETTINGS, Experiment, Ingredient
from sacred._base.cli_option import cli_option
from sacred._base.errors import ConfigError
from sacred.cli.errors import CommandLineError
from sacred.cli.parsing import parse
from sacred.commands.config_effects import effects_between
from sacred.observers import StoreObserver
from sacred.runs import RunStore, open_store
from sacred.stores import MemoryStore

SCRIPT = textwrap.dedent(
    """
    from sacred import Experiment

    ex = Experiment("train")

    @ex.config
    def cfg():
        lr = 0.1
        opt = {"steps": 10, "decay": lr / 10}
        unread = 1

    @ex.named_config
    def fast():
        lr = 0.05

    @ex.automain
    def main(lr, opt):
        pass
    """
)


def experiment(**kwargs):
    return Experiment("demo", interactive=True, save_git_info=False, **kwargs)


def test_explain_on_the_command_line(run_script):
    done = run_script(SCRIPT, "explain", "lr", "-l", "ERROR", "with", "fast", "lr=0.01")
    [head, first, second] = done.stdout.splitlines()
    assert head == "lr = 0.01   command line, argument 2"
    assert first.startswith("  was 0.05   named config fast, ")
    assert second.startswith("  was 0.1    scope cfg, ")
    assert first.endswith(".py:14")
    assert second.endswith(".py:8")


def test_explain_alone_and_of_groups(run_script):
    done = run_script(SCRIPT, "explain", "-l", "ERROR", "with", "opt.steps=5")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["opt.steps", "was"]
    assert run_script(SCRIPT, "explain", "-l", "ERROR").stdout == "No entry has been changed.\n"
    done = run_script(SCRIPT, "explain", "opt", "unread", "--json", "-l", "ERROR")
    rows = json.loads(done.stdout)
    assert [(row["path"], row["value"]) for row in rows] == [
        ("opt.steps", 10), ("opt.decay", 0.01), ("unread", 1),
    ]  # fmt: skip
    assert all("readers" not in row for row in rows)  # nothing has run


def test_explain_of_no_entry(run_script):
    done = run_script(SCRIPT, "explain", "lrr")
    assert done.returncode == 1
    assert 'There is no entry "lrr". Did you mean "lr"?' in done.stderr
    assert "Failed" not in done.stderr  # one message


def test_an_own_command_of_that_name_wins(run_script):
    own = SCRIPT.replace(
        "@ex.automain", "@ex.command\ndef explain(lr):\n    print('own', lr)\n\n@ex.automain"
    )
    assert run_script(own, "explain", "-l", "ERROR", "with", "lr=3").stdout == "own 3\n"
    assert run_script(own, "explain", "lr").returncode == 1


def test_flags_of_commands_are_flags_of_these_only():
    flags = {"print_config": ("--effects",)}
    assert parse(["print_config", "--eff", "with", "a=1"], (), (), flags).arguments == (
        "--effects",
    )
    with pytest.raises(CommandLineError, match="Unknown option --effects"):
        parse(["other", "--effects", "with", "print_config"], (), (), flags)


def test_effects_on_the_command_line(run_script):
    done = run_script(
        SCRIPT, "print_config", "--effects", "-l", "ERROR", "with", "lr=0.2", "seed=3"
    )
    assert done.stdout.splitlines() == [
        "Set directly:",
        "  lr = 0.2   was 0.1",
        "  seed = 3",
        "Changed because of that:",
        "  opt.decay = 0.02   was 0.01",
    ]


def test_what_differs_between_equal_evaluations_varies_by_itself():
    counter = iter(range(100))
    texts = [
        str(effect)
        for effect in effects_between(
            lambda: {"n": next(counter), "gone": [1], "same": {"x": 1}, "xs": [1]},
            {"n": 0, "same": {"x": 1}, "xs": [1.0], "new": {"y": 2}},
        )
    ]
    assert texts == [
        "n   varies by itself",
        "xs = [1.0]   was [1]",
        "new.y = 2   is new",
        "gone is gone   was [1]",
    ]


def test_effects_of_nothing(capsys):
    ex = experiment()
    ex.add_config(a=1, seed=1)
    ex.main(_nothing)
    ex.run("print_config", options={"WORD": ["--effects"], "--loglevel": "ERROR"})
    assert capsys.readouterr().out == "No entry has changed.\n"


def _nothing(a):
    return None


# ------------------------------------------------------------- what nothing reads


def unused(ex, capsys):
    ex.run("print_config", options={"WORD": ["--unused"], "--loglevel": "ERROR"})
    lines = capsys.readouterr().out.splitlines()
    return [line.split()[0] for line in lines if line.startswith("  ")], lines[0]


def test_unused_entries(capsys):
    data = Ingredient("data")
    data.add_config(path="x", cache=1)
    ex = experiment(ingredients=[data])

    @data.capture
    def load(path):
        return path

    @ex.config
    def cfg():
        base = 2
        derived = base * 2
        forgotten = 3
        group = {"a": 1}
        part = {"b": 1, "c": 2}

    @ex.capture(prefix="part")
    def partly(b):
        return b

    @ex.main
    def main(derived, group):
        return derived

    assert unused(ex, capsys)[0] == ["forgotten", "part.c", "data.cache"]


@pytest.mark.parametrize("parameter", ["_config", "_run"])
def test_who_takes_everything_may_read_everything(capsys, parameter):
    ex = experiment()
    ex.add_config(a=1)
    space = {}
    exec(f"def main({parameter}): pass", space)
    ex.main(space["main"])
    assert unused(ex, capsys)[1].startswith("Any entry may be read")


def test_hooks_may_read_everything(capsys):
    ex = experiment()
    ex.add_config(a=1)
    ex.main(lambda: None)

    @ex.config_hook
    def hook(config, command_name, logger):
        return {}

    assert unused(ex, capsys)[1].startswith("Any entry may be read")


def run_with(ex, updates, caplog, **options):
    caplog.clear()
    logging.getLogger().setLevel("WARNING")
    ex.logger = logging.getLogger("unread")
    ex.run(config_updates=updates, options=options)
    return [record.getMessage() for record in caplog.records if "read" in record.getMessage()]


def test_updates_of_what_nothing_can_read(caplog):
    ex = experiment()
    ex.add_config(a=1, b=1, opt={"x": 1, "y": 2}, seed=1)

    @ex.main
    def main(a):
        return a

    assert run_with(ex, {"a": 2, "seed": 5}, caplog) == []
    said = ['Nothing reads the config entry "b", which is set']
    assert run_with(ex, {"b": 2}, caplog) == said
    assert len(run_with(ex, {"opt": {"x": 3}}, caplog)) == 1
    with pytest.raises(ConfigError, match=r'Nothing reads what is set: "b", "opt\.x"'):
        ex.run(config_updates={"a": 2, "b": 2, "opt.x": 2}, options={"--strict": True})


def read_by(function, updates, caplog):
    ex = experiment()
    ex.add_config(a=1, opt={"x": 1, "y": 2}, seed=1)
    ex.main(function)
    return run_with(ex, updates, caplog)


def test_updates_that_a_reader_of_everything_has_not_read(caplog):
    def main(_config):
        return _config["opt"]["x"]

    assert read_by(main, {"opt.x": 2}, caplog) == []
    said = ['Config entry "opt.y" was set, and nothing has read it']
    assert read_by(main, {"opt.y": 3}, caplog) == said


def test_what_is_known_behind_the_run_is_an_error_then(caplog):
    store = MemoryStore()

    def strict(updates):
        ex = experiment()
        ex.observers.append(StoreObserver(store))
        ex.add_config(a=1, opt={"x": 1, "y": 2}, seed=1)
        ex.main(lambda _config: _config["opt"]["x"])
        return ex.run(config_updates=updates, options={"--strict": True}).result

    assert strict({"opt.x": 2}) == 2
    with pytest.raises(ConfigError, match=r'Nothing has read what was set: "a", "opt\.y"\. That'):
        strict({"opt.y": 2, "a": 3, "opt.x": 5})
    assert [(run.status, run.result) for run in RunStore(store).runs()] == [
        ("COMPLETED", 2),
        ("COMPLETED", 5),
    ]


def test_an_own_option_of_that_name_is_none_of_ours(caplog):
    found = []

    @cli_option("-z", "--strict", is_flag=True)
    def strict(args, run):
        found.append(args)

    ex = experiment(additional_cli_options=[strict])
    ex.add_config(a=1, seed=1)
    ex.main(lambda _config: None)
    ex.run(config_updates={"a": 2}, options={"--strict": True})
    assert found == [True]


def test_a_strict_script_ends_with_an_error_if_nothing_has_read_an_update(run_script):
    script = SCRIPT.replace("def main(lr, opt):", "def main(_config):")
    done = run_script(script, "--strict", "-l", "ERROR", "with", "unread=3")
    assert done.returncode == 1
    assert 'Nothing has read what was set: "unread". That is known only now' in done.stderr
    assert "Traceback" not in done.stderr
    assert run_script(script, "-l", "ERROR", "with", "unread=3").returncode == 0


def test_who_works_out_a_configuration_changes_no_log_level(run_script):
    done = run_script(SCRIPT, "print_config", "--schema", "-l", "ERROR")
    assert (json.loads(done.stdout)["title"], done.stderr) == ("train", "")
    script = SCRIPT.replace("    pass", "    ex.get_config()")
    assert run_script(script, "-l", "ERROR").stderr == ""
    assert "Completed" in run_script(script).stderr


@pytest.mark.parametrize(
    "read",
    [
        lambda config: config.a,
        lambda config: config.get("a"),
        lambda config: dict(config),
        lambda config: {**config},
        lambda config: (lambda **kwargs: kwargs)(**config),
        lambda config: list(config.items()),
        lambda config: list(config.values()),
        lambda config: json.dumps(config),
        lambda config: config | {"b": 1},
        lambda config: {"b": 1} | config,
        lambda config: config.copy(),
    ],
)
def test_ways_of_reading(caplog, read):
    def main(_config):
        assert read(_config) is not None

    assert read_by(main, {"a": 2}, caplog) == []


def test_looking_at_the_keys_is_no_reading(caplog):
    def main(_config):
        return "a" in _config, list(_config), len(_config)

    assert len(read_by(main, {"a": 2}, caplog)) == 1


def test_who_reads_the_config_of_the_run_may_read_everything(caplog):
    def reads(_run):
        return _run.config["a"]

    def does_not(_run):
        return _run.info

    assert read_by(reads, {"a": 2}, caplog) == []
    assert len(read_by(does_not, {"a": 2}, caplog)) == 1


def test_of_other_processes_nothing_is_said(caplog, monkeypatch):
    def forks(_config):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

    assert read_by(forks, {"a": 2}, caplog) == []
    monkeypatch.setattr(SETTINGS.CONFIG, "READ_ONLY_CONFIG", False)
    assert read_by(lambda _config: None, {"a": 2}, caplog) == []


def test_readers_are_listed_in_the_order_of_their_first_call():
    ex = experiment()
    ex.add_config(a=1, b=2)

    @ex.capture
    def second(a, b):
        return a + b

    @ex.capture
    def first(a):
        return a

    @ex.main
    def main():
        first()
        for _ in range(3):
            second()
        return second(b=1) + second(1, 2)

    run = ex.run(options={"--loglevel": "ERROR"})
    found = run.config_history.provenance()
    assert [(r.function, r.calls) for r in found["a"].readers] == [("first", 1), ("second", 4)]
    assert [(r.function, r.calls) for r in found["b"].readers] == [("second", 3)]
    assert found["a"].readers[0].where.endswith(f":{first.__code__.co_firstlineno}")


def test_calls_with_random_numbers_are_counted():
    ex = experiment()
    ex.add_config(a=1)

    @ex.capture
    def draws(a, _rnd):
        return a

    @ex.main
    def main():
        for _ in range(5):
            draws()
        draws.logger = logging.getLogger("other")
        draws()

    found = ex.run(options={"--loglevel": "ERROR"}).config_history.provenance()
    assert [(r.function, r.calls) for r in found["a"].readers] == [("draws", 6)]


def test_an_ingredient_that_sees_another_one(caplog):
    other = Ingredient("other")
    other.add_config(n=1)
    part = Ingredient("part", ingredients=[other])

    @part.capture
    def take(other):
        return other["n"]

    ex = experiment(ingredients=[part])
    ex.main(lambda: take())
    assert run_with(ex, {"other": {"n": 5}}, caplog) == []


def test_the_clock_goes_on():
    """Values that scopes work out anew are compared with those of the run."""
    ex = experiment()

    @ex.config
    def cfg():
        now = time.monotonic_ns()

    ex.main(lambda now: None)
    ex.main(_takes_now)
    run = ex.run(options={"--loglevel": "ERROR"})
    [entry] = [entry for entry in run.config_history.entries if entry.path == "now"]
    assert entry.value == run.config["now"]
    assert entry.origin.kind == "scope"


def _takes_now(now):
    return now


def test_deleted_entries_are_explained_and_stored(run_script, tmp_path):
    words = ("-F", "runs", "-l", "ERROR")
    done = run_script(SCRIPT, "explain", *words, "with", "~opt.decay", "fast", "~unread")
    lines = done.stdout.splitlines()
    assert [line for line in lines if "deleted" in line] == [
        "opt.decay is deleted   command line, argument 1",
        "unread is deleted   command line, argument 3",
    ]
    (before,) = (line for line in lines if line.startswith("  was 1 "))
    assert before.split()[2:4] == ["scope", "cfg,"]
    done = run_script(SCRIPT, "print_config", "--effects", "-l", "ERROR", "with", "~opt")
    direct = done.stdout.partition("Changed")[0]
    assert "opt.steps is gone" in direct
    assert "opt.decay is gone" in direct
    assert run_script(SCRIPT, *words, "with", "~opt.decay").stderr == ""
    record = open_store(str(tmp_path / "runs"))[1]
    entry = record.provenance["opt.decay"]
    assert (entry.is_deleted, entry.value, entry.readers) == (True, None, None)
    assert [before.value for before in entry.overridden] == [0.01]
    assert not record.provenance["opt.steps"].is_deleted


def test_elements_of_lists_are_not_deleted_entries(run_script):
    script = SCRIPT.replace("unread = 1", "unread = [1, 2]")
    done = run_script(script, "explain", "-l", "ERROR", "with", "~unread.0", "~opt.steps")
    deleted = [line.split()[0] for line in done.stdout.splitlines() if "deleted" in line]
    assert deleted == ["opt.steps"]
    assert "unread = [2]   command line, argument 1" in done.stdout
