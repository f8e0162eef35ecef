"""Where the entries of a configuration come from: computed, stored, read."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred import Experiment, Ingredient
from sacred.config.evaluations import is_same
from sacred.definition import RunRequest
from sacred.initialize.config_layers import leaves_of
from sacred.initialize.configuration import configure_request
from sacred.observers import FileStorageObserver, QueueObserver, RunObserver
from sacred.provenance.origins import EntryProvenance, Origin, Overridden
from sacred.provenance.places import Places
from sacred.provenance.stored_rows import MAX_BYTES, document_of, provenance_from
from sacred.runs import RunStore, open_store
from sacred.stores.memory.store import MemoryStore
from sacred.upkeep import copy_runs

QUIET = {"--loglevel": "ERROR"}
HERE = os.path.basename(__file__)


def experiment(**kwargs):
    return Experiment("demo", interactive=True, save_git_info=False, **kwargs)


def histories(ex, updates=None, named=(), words=()):
    """Path → (origin, [(overridden value, origin), ...]), as texts."""
    request = RunRequest.of_call("main", updates, named, options={"UPDATE": list(words)})
    configured = configure_request(ex, request)
    found = {}
    for entry in configured.entries_with_origins(os.path.dirname(os.path.realpath(__file__))):
        before = [(old.value, str(old.origin)) for old in entry.overridden]
        found[entry.path] = str(entry.origin), before
    return found


def line_of(function, offset):
    return function.__wrapped__.__code__.co_firstlineno + offset


def test_each_kind_of_source_is_named_with_its_place():
    ex = experiment()

    @ex.config
    def cfg():
        lr = 0.1
        opt = {"steps": 10}

    @ex.named_config
    def fast():
        lr = 0.05

    @ex.config_hook
    def hook(config, command_name, logger):
        return {"opt": {"steps": 5}, "lr": 7}

    found = histories(ex, {"lr": 0.01}, ["fast"], ["fast", "lr=0.01"])
    first, hook_line = line_of(cfg, 0), hook.__code__.co_firstlineno
    named = f"named config fast, {HERE}:{line_of(fast, 2)}"
    by_hook = f"hook {hook.__qualname__}, {HERE}:{hook_line}"
    assert found["lr"] == (
        "command line, argument 2",
        [(0.05, named), (7, by_hook), (0.1, f"scope cfg, {HERE}:{first + 2}")],
    )
    assert found["opt.steps"] == (by_hook, [(10, f"scope cfg, {HERE}:{first + 3}")])
    assert found["seed"] == ("drawn at random", [])


def test_dicts_and_files(tmp_path):
    file = tmp_path / "more.json"
    file.write_text('{"a": 2, "n": {"x": 1}}')
    ex = experiment()
    ex.add_config(a=1, b=1)
    ex.add_config(str(file))
    found = histories(ex, {"b": 3})
    assert found["a"][0] == f"file {file}"
    assert found["a"][1][0][0] == 1
    assert found["a"][1][0][1].startswith(f"dict {HERE}:")
    assert found["b"][0] == "ex.run(config_updates=...)"
    named = histories(ex, named=[str(file)])
    assert named["a"] == (f"named config {file}", [*[(2, f"file {file}")], *found["a"][1]])


def test_edits_and_elements_belong_to_their_argument():
    ex = experiment()
    ex.add_config(xs=[1, 2], ys=[1])
    argv = ["demo", "print_config", "-l", "ERROR", "with", "ys+=[5]", "xs.0=7"]
    run = ex.run_commandline(argv)
    found = run.config_history.provenance()
    assert run.config["ys"] == [1, 5]
    assert str(found["ys"].origin) == "command line, argument 1"
    assert [old.value for old in found["ys"].overridden] == [[1]]
    assert str(found["xs"].origin) == "command line, argument 2"
    assert [old.value for old in found["xs"].overridden] == [[1, 2]]


def test_entries_that_a_scope_changes_in_place():
    ex = experiment()
    ex.add_config(opt={"lr": 1, "keep": 1})

    @ex.config
    def change(opt):
        opt["lr"] = 2

    found = histories(ex)
    assert found["opt.lr"][0].startswith("scope change, ")
    assert found["opt.lr"][1][0][0] == 1
    assert found["opt.keep"][0].startswith("dict")
    assert found["opt.keep"][1] == []


def test_a_hook_changes_an_ingredient():
    data = Ingredient("data")
    data.add_config(n=1, m=1)
    ex = experiment(ingredients=[data])

    @ex.config_hook
    def hook(config, command_name, logger):
        config["data"]["n"] = 2
        return config

    found = histories(ex)
    assert found["data.n"][0].startswith("hook ")
    assert found["data.m"][0].startswith("dict ")


def test_a_hook_takes_back_what_another_has_changed():
    part = Ingredient("part")
    part.add_config(g={"a": 0})
    for value in (1, 0):
        part.config_hook(hook_that_returns({"g": {"a": value}}))
    kind, overridden = histories(experiment(ingredients=[part]))["part.g.a"]
    assert kind.startswith("hook ")
    assert [value for value, _ in overridden] == [1, 0]


# ------------------------------------------------------------------------- the law

names = st.sampled_from(["a", "b", "c"])
leaves = st.integers(0, 3)
groups = st.dictionaries(names, leaves, min_size=1, max_size=3)
configs = st.dictionaries(names, leaves, max_size=3).flatmap(
    lambda flat: st.fixed_dictionaries({}, optional={"g": groups, "h": groups}).map(
        lambda nested: {**flat, **nested}
    )
)


def hook_that_returns(values):
    def hook(config, command_name, logger):
        return values

    return hook


def scope_of(values):
    """A scope that assigns these values, one by one."""
    body = "".join(f"    {name} = {value!r}\n" for name, value in values.items())
    return f"def scope():\n{body}    pass\n"


@given(
    st.lists(st.tuples(st.sampled_from(["scope", "dict", "hook", "named"]), configs), max_size=5),
    configs,
    st.booleans(),
)
def test_the_winner_is_the_value(tmp_path_factory, layers, updates, in_ingredient):
    path = tmp_path_factory.mktemp("scopes")
    part = Ingredient("part")
    ex = experiment(ingredients=[part])
    owner = part if in_ingredient else ex
    chosen = []
    for number, (kind, values) in enumerate(layers):
        if kind == "dict":
            owner.add_config(values)
        elif kind == "hook":
            owner.config_hook(hook_that_returns(values))
        else:
            file = path / f"scope_{number}.py"
            file.write_text(scope_of(values))
            space = {}
            exec(compile(file.read_text(), str(file), "exec"), space)
            if kind == "scope":
                owner.config(space["scope"])
            else:
                space["scope"].__name__ = f"named_{number}"
                owner.named_config(space["scope"])
                chosen.append(f"part.named_{number}" if in_ingredient else f"named_{number}")
    nested = {"part": updates} if in_ingredient and updates else updates
    request = RunRequest.of_call("main", nested, chosen)
    configured = configure_request(ex, request)
    entries = configured.entries_with_origins()
    assert [(e.path, e.value) for e in entries] == list(leaves_of(configured.config))
    given_updates = dict(leaves_of(nested))
    start = "part." if in_ingredient else ""
    for entry in entries:
        if entry.path == "seed":
            continue
        assert (entry.origin.kind == "update") == (entry.path in given_updates)
        setters = [
            (kind, dict(leaves_of(values, start))[entry.path])
            for kind, values in layers
            if entry.path in dict(leaves_of(values, start))
        ]
        if entry.path in given_updates:
            assert entry.value == given_updates[entry.path]
        else:
            assert entry.origin.kind != "unknown"
            kind = entry.origin.kind
            assert any(is_same(v, entry.value) for k, v in setters if k == kind)
        for old in entry.overridden:
            assert (old.origin.kind, old.value) in setters


# --------------------------------------------------------------------- stored rows


def entry_of(path, value=1, overridden=()):
    return EntryProvenance(
        path=path, value=value, origin=Origin("scope", "a.py:1", "cfg"), overridden=overridden
    )


def test_many_entries_are_cut_off_with_a_remark():
    changed = entry_of("z.changed", overridden=(Overridden(value=0, origin=Origin("dict")),))
    stored = document_of([*(entry_of(f"group.entry_{n}") for n in range(5000)), changed])
    assert len(json.dumps(stored, indent=2)) <= MAX_BYTES
    assert stored["rows"][-1]["path"] == "z.changed"
    assert stored["remark"].endswith("of 5001 entries are left out: there are too many")
    assert provenance_from(stored, {}).remark == stored["remark"]


def test_passwords_and_long_values_are_no_part_of_it():
    values = ["mongodb://me:s3cret@host/db", {"url": ["https://u:s3cret@host"]}, "x" * 10_000]
    overridden = tuple(Overridden(value=value, origin=Origin("dict")) for value in values)
    [row] = document_of([entry_of("url", overridden=overridden)])["rows"]
    assert "s3cret" not in json.dumps(row)
    assert row["overrode"][0] == {"value": "mongodb://me:***@host/db", "source": "dict"}
    assert row["overrode"][2]["shortened"]
    assert len(row["overrode"][2]["value"]) < 200


@pytest.mark.parametrize("stored", [None, [], {}, "text", {"rows": 5}])
def test_what_has_no_list_of_rows_is_unknown(stored):
    assert provenance_from(stored, {}) is None


def test_rows_of_another_form_are_left_out():
    rows = [3, {"path": "a"}, {"path": "b", "overrode": [1, {}]}]
    found = provenance_from({"rows": rows}, {"a": 1})
    assert [(e.path, str(e.origin)) for e in found.values()] == [("a", "unknown"), ("b", "unknown")]
    assert found["a"].readers is None


def test_unknown_entries_have_a_hint():
    with pytest.raises(KeyError, match="learning_rate"):
        provenance_from({"rows": [{"path": "learning_rate"}]}, {})["learning_rat"]


def test_places_are_relative_to_the_experiment(tmp_path):
    assert Places(str(tmp_path))(f"{tmp_path}/a/b.py:7") == os.path.join("a", "b.py") + ":7"
    assert Places(None)("/elsewhere/x.py, line 3") == "/elsewhere/x.py:3"
    assert Places(None)("somewhere") == "somewhere"


# ----------------------------------------------------------------- stored with runs


def run_of(observer, **options):
    ex = experiment()
    ex.add_config(lr=0.1, unread=1, opt={"a": 1, "b": 2})

    @ex.main
    def main(lr, _config):
        return _config["opt"]["a"]

    ex.observers.append(observer)
    return ex.run(config_updates={"lr": 0.5}, options={**QUIET, **options})


def test_a_run_stores_it_with_its_readers(tmp_path):
    run_of(FileStorageObserver(tmp_path / "runs"))
    record = open_store(str(tmp_path / "runs"))[1]
    found = record.provenance
    assert str(found["lr"].origin) == "ex.run(config_updates=...)"
    assert found["lr"].value == 0.5
    assert [old.value for old in found["lr"].overridden] == [0.1]
    assert [(r.function, r.calls) for r in found["lr"].readers] == [("main", 1)]
    assert [(r.function, r.calls) for r in found["opt.a"].readers] == [("main", 1)]
    assert found["opt.b"].readers == found["unread"].readers == ()
    assert '"provenance"' not in (tmp_path / "runs" / "1" / "run.json").read_text()


def test_a_failed_run_has_it_too(tmp_path):
    ex = experiment()
    ex.add_config(a=1)
    ex.observers.append(FileStorageObserver(tmp_path))

    @ex.main
    def main():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        ex.run(options=QUIET)
    assert "a" in open_store(str(tmp_path))[1].provenance


def test_observers_are_asked_first():
    """The classic ones know nothing of it; a queue hands it on."""

    class Classic:
        def started_event(self, ex_info, command, host_info, start_time, config, meta_info, _id):
            return 1

        def completed_event(self, stop_time, result):
            self.result = result

    class Told(RunObserver):
        def __init__(self):
            self.documents = []

        def details_event(self, name, value):
            if name == "provenance":
                self.documents.append(value)

    classic, told, queued = Classic(), Told(), Told()
    for observer in (classic, told, QueueObserver(queued, interval=0.01)):
        run_of(observer)
    assert classic.result == 1
    for found in (told.documents, queued.documents):
        assert found[-1]["rows"][0]["path"] == "lr"
        assert found[-1]["rows"][0]["readers"][0]["function"] == "main"


def test_it_is_there_from_the_first_heartbeat(tmp_path):
    ex = experiment()
    ex.add_config(a=1)
    ex.observers.append(FileStorageObserver(tmp_path))

    @ex.main
    def main(a, _run):
        _run.heartbeat.beat()
        [row, _] = json.loads((tmp_path / "1" / "_provenance.json").read_text())["rows"]
        return row["readers"][0]["function"]

    assert ex.run(options=QUIET).result == "main"


def test_values_of_any_type_come_back(tmp_path):
    ex = experiment()
    ex.add_config(t=(1, 2), d={1: "x"}, n=float("nan"))
    ex.main(_returns_nothing_of)
    ex.observers.append(FileStorageObserver(tmp_path))
    ex.run(config_updates={"t": 5, "n": 1.0}, options=QUIET)
    found = open_store(str(tmp_path))[1].provenance
    assert list(found["t"].overridden[0].value) == [1, 2]
    assert found["n"].overridden[0].value != found["n"].overridden[0].value
    assert str(found["d.1"].origin).startswith("dict")


def _returns_nothing_of(t, n):
    return None


def test_old_records_are_unknown_and_copies_carry_it(tmp_path):
    run_of(FileStorageObserver(tmp_path / "runs"))
    source, target = open_store(str(tmp_path / "runs")), RunStore(MemoryStore())
    copy_runs(source, target)
    assert target[1].provenance["lr"] == source[1].provenance["lr"]
    (tmp_path / "runs" / "1" / "_provenance.json").unlink()
    assert open_store(str(tmp_path / "runs"))[1].provenance is None


def test_secrets_are_names(tmp_path, monkeypatch):
    monkeypatch.setenv("PROVENANCE_PW", "s3cret")
    file = tmp_path / "conf.json"
    file.write_text('{"password": "${secret:PROVENANCE_PW}"}')
    ex = experiment()
    ex.add_config(str(file))
    ex.observers.append(FileStorageObserver(tmp_path / "runs"))
    ex.main(lambda password: None)
    ex.main(_returns_nothing)
    ex.run(config_updates={"password": "other"}, options=QUIET)
    text = (tmp_path / "runs" / "1" / "_provenance.json").read_text()
    assert "s3cret" not in text
    assert "${secret:PROVENANCE_PW}" in text


def _returns_nothing(password):
    return None
