"""What updates of the command line mean for the entries that they meet."""

import datetime
import json
import math

import pytest

from sacred import Experiment, Ingredient
from sacred.cli.updates import parse_updates
from sacred.utils import CommandLineError, ConfigError, SacredError


@pytest.fixture
def experiment():
    """An experiment with entries of all kinds and an ingredient; its result is what it sees."""
    data = Ingredient("data", interactive=True)

    @data.config
    def paths():
        files = ["a"]
        number = len(files)

    ex = Experiment("edited", ingredients=[data], interactive=True)

    @ex.config
    def entries():
        seed = 1
        text, n, x, flag, none = "text", 1, 0.5, True, None
        xs = [1, 2]
        d = {1: "one", "x": 2, "deep": {"y": [3]}}
        rows = [{"n": 1, "tags": ["a"]}, {"n": 2, "tags": []}]
        length, keys = len(xs), sorted(map(str, d))

    @ex.named_config
    def longer():
        xs = [1, 2, 3, 4]

    @ex.main
    def main(_config):
        return dict(_config)

    return ex


def run(ex, *words, options=()):
    """Run with the words of a command line; what main saw."""
    updates = ["with", *words] if words else []
    return ex.run_commandline(["prog", *updates, "-d", "-l", "ERROR", *options])


def seen(ex, *words):
    return run(ex, *words).result


@pytest.mark.parametrize("text", ["123", "1e5", "1_000", "0x10", "-5", "1.50", "123456789012"])
def test_numbers_are_texts_where_the_entry_is_a_text(experiment, text):
    """As they were typed: a git hash or an id may look like a number."""
    assert seen(experiment, f"text={text}")["text"] == text
    assert type(seen(experiment, f"text={text}")["text"]) is str


@pytest.mark.parametrize("word", ["n=(123)", "n=123", "text=(123)", "none=123", "x=123"])
def test_numbers_stay_numbers_elsewhere_and_in_parentheses(experiment, word):
    """Plain ones: no marks of the command line reach the configuration or the record."""
    done = run(experiment, word)
    entry = word.partition("=")[0]
    assert done.result[entry] == 123
    assert type(done.config[entry]) is int
    assert type(done.meta_info["config_updates"][entry]) is int


@pytest.mark.parametrize(
    ("earlier", "last", "word", "value"),
    [
        ("text", 10, "x=0", 0),
        ({"a": 1}, 10, "x=0", 0),
        (10, "text", "x=0", "0"),
        ("text", None, "x=0", "0"),
        (0.5, "text", "x=inf", "inf"),
        ("text", 0.5, "x=inf", math.inf),
        (None, "text", "x=null", "null"),
        (True, None, "x=no", False),
        ([1], "text", "x=[a]", "[a]"),
    ],
)
@pytest.mark.parametrize("is_scope", [False, True])
def test_the_last_source_that_assigns_a_value_says_what_the_entry_is(
    earlier, last, word, value, is_scope
):
    """What that source computes from the entry is computed from the value that the run gets."""
    ex = Experiment("layers", interactive=True)
    ex.add_config(x=earlier, assigned=last)
    if is_scope:

        @ex.config
        def cfg(assigned):
            x = assigned
            y = x

    else:
        ex.add_config(x=last)

    @ex.main
    def main(_config):
        return dict(_config)

    result = ex.run_commandline(["prog", "with", word, "-lERROR"]).result
    assert (result["x"], type(result["x"])) == (value, type(value))
    assert result.get("y", result["x"]) == value


def test_a_warning_says_that_a_number_has_become_a_text(experiment, caplog):
    """And how to set the number; not if the run asks for errors only."""
    experiment.run_commandline(["prog", "with", "text=7", "n=7", "-d"])
    assert [r.getMessage() for r in caplog.records if "is a text" in r.getMessage()] == [
        'Config entry "text" is a text, so it is the text "7" now. text=(7) sets the number'
    ]
    caplog.clear()
    run(experiment, "text=7")
    assert "is a text" not in caplog.text


@pytest.mark.parametrize(
    ("word", "entry", "value"),
    [
        ("x=1/3", "x", 1 / 3),
        ("x=-1.5/2", "x", -0.75),
        ("x=1/0", "x", "1/0"),
        ("text=1/3", "text", "1/3"),
        ("x=null", "x", None),
        ("n=null", "n", None),
        ("flag=null", "flag", None),
        ("none=null", "none", None),
        ("text=null", "text", "null"),
        ("xs=[a, -inf, 1e-3, true]", "xs", ["a", -math.inf, 0.001, True]),
        ("text=[a, b]", "text", "[a, b]"),
        ("d={x: [y], z: null}", "d", {1: "one", "x": ["y"], "deep": {"y": [3]}, "z": None}),
        ("d.x=null", "d", {1: "one", "x": None, "deep": {"y": [3]}}),
        (r"text='C:\new\table'", "text", r"C:\new\table"),
        (r"text='\\server\new\x'", "text", r"\\server\new\x"),
        (r"text='C:\\new'", "text", r"C:\new"),
        (r"text='\t'", "text", "\t"),
        ("xs=[a-b]", "xs", "[a-b]"),
        ("xs=[print(1)]", "xs", "[print(1)]"),
    ],
)
def test_text_fits_the_entry(experiment, word, entry, value):
    """Fractions, null, lists and dicts without quotes, paths of Windows."""
    assert seen(experiment, word)[entry] == value


def test_null_for_a_new_entry_is_text():
    """Nothing is known of such an entry."""
    ex = Experiment("new", interactive=True)
    ex.main(lambda new: new)
    assert run(ex, "new=null").result == "null"


@pytest.mark.parametrize(
    ("words", "entry", "value"),
    [
        (["xs+=[3]"], "xs", [1, 2, 3]),
        (["xs += [3, 'a']"], "xs", [1, 2, 3, "a"]),
        (["xs+=[3]", "xs+=[4]"], "xs", [1, 2, 3, 4]),
        (["xs=[7]", "xs+=[8]"], "xs", [7, 8]),
        (["xs+=[8]", "xs=[7]"], "xs", [7]),
        (["xs+=[3]", "xs.0=9"], "xs", [9, 2, 3]),
        (["longer", "xs+=[5]"], "xs", [1, 2, 3, 4, 5]),
        (["xs.2=3"], "xs", [1, 2, 3]),
        (["xs.2=3", "xs.3=4"], "xs", [1, 2, 3, 4]),
        (["xs.-1=7"], "xs", [1, 7]),
        (["rows.1.tags+=['b']"], "rows", [{"n": 1, "tags": ["a"]}, {"n": 2, "tags": ["b"]}]),
        (["rows.1.n=9"], "rows", [{"n": 1, "tags": ["a"]}, {"n": 9, "tags": []}]),
        (["~rows.0"], "rows", [{"n": 2, "tags": []}]),
        (["~rows.-1.n"], "rows", [{"n": 1, "tags": ["a"]}, {"tags": []}]),
        (["~d.x"], "d", {1: "one", "deep": {"y": [3]}}),
        (["~d.1"], "d", {"x": 2, "deep": {"y": [3]}}),
        (["d.1=uno"], "d", {1: "uno", "x": 2, "deep": {"y": [3]}}),
        (["~d.deep"], "d", {1: "one", "x": 2}),
        (["~d.deep.y"], "d", {1: "one", "x": 2, "deep": {}}),
        (["~d.x", "d.x=5"], "d", {1: "one", "x": 5, "deep": {"y": [3]}}),
        (["d.x=5", "~d.x"], "d", {1: "one", "deep": {"y": [3]}}),
        (["d={}"], "d", {}),
        (["data.files+=['b']"], "data", {"files": ["a", "b"], "number": 2}),
        (["~data.number"], "data", {"files": ["a"]}),
    ],
)
def test_edits(experiment, words, entry, value):
    """Elements and entries are set, appended, deleted, in ingredients, too."""
    assert seen(experiment, *words)[entry] == value


def test_what_depends_on_an_edited_entry_sees_it(experiment):
    """Values are worked out from the final ones."""
    assert seen(experiment, "xs+=[3]")["length"] == 3
    assert seen(experiment, "~d.x")["keys"] == ["1", "deep"]


def test_an_entry_of_the_top_may_be_deleted(experiment):
    """The scope that sets it runs as before."""
    assert set(seen(experiment)) - set(seen(experiment, "~xs")) == {"xs"}


def test_edits_count_as_changes_and_are_recorded(experiment):
    """The record names them, and says as JSON what they were."""
    done = run(experiment, "xs+=[3]", "~d.x")
    assert {"xs", "d"} <= done.config_modifications.modified
    assert not done.config_modifications.added
    recorded = json.loads(json.dumps(done.meta_info["config_updates"]))
    assert recorded == {"xs+": [3], "d": {"~x": None}}


def test_a_scope_that_an_edit_does_not_concern_is_evaluated_once(experiment):
    """What it makes (a time, a directory) is the same for the edit and for the run."""
    times = []

    @experiment.config
    def started():
        at = times.append(1) or datetime.datetime.now().isoformat()

    run(experiment, "xs+=[3]")
    assert len(times) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rowz+=[3]"], 'Cannot append to "rowz": there is no such entry. Did you mean "rows"?'),
        (["n+=[3]"], 'Cannot append to "n": it is no list, but int (1)'),
        (["~d.y"], 'Cannot delete "d.y": there is no such entry.'),
        (["~rows.5"], 'Cannot delete "rows.5": there is no such entry.'),
        (["~data"], 'Cannot delete "data": it is an ingredient'),
        (["xs.3=9"], 'Cannot set element 3: the list has only 2 element(s) (entry "xs")'),
        (["xs.-3=9"], "Cannot set element -3: the list has only 2 element(s)"),
    ],
)
def test_edits_of_what_is_not_there_are_errors(experiment, words, message, capsys):
    """One message that names the entry."""
    with pytest.raises(ConfigError) as caught:
        run(experiment, *words)
    assert message in str(caught.value)
    with pytest.raises(SystemExit):
        experiment.run_commandline(["prog", "with", *words, "-l", "ERROR"])
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["xs+=3"], "In 'xs+=3': what is appended is a list, as in xs+=[value]"),
        (["+=[3]"], "the name of an entry is empty"),
        (["~"], "the name of an entry is empty"),
        (["~d", "d.x=5"], "In 'd.x=5': another update deletes 'd', which this one changes"),
        (["~xs", "xs+=[5]"], "In 'xs+=[5]': another update deletes 'xs', which this one changes"),
    ],
)
def test_edits_that_make_no_sense_are_errors(words, message):
    """They are refused before anything is configured."""
    with pytest.raises(CommandLineError) as caught:
        parse_updates(words)
    assert message in str(caught.value)


def test_a_config_file_whose_name_begins_with_a_tilde(tmp_path, monkeypatch, experiment):
    """It is a file, if it is there; a path from the home directory is no edit either."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~c.json").write_text('{"n": 7}')
    assert seen(experiment, "~c.json")["n"] == 7
    with pytest.raises(SacredError, match=r"~/c\.json"):
        run(experiment, "~/c.json")


def test_entries_are_deleted_beside_named_configs_as_well(experiment):
    """These set nothing in the dict, or other entries of it, or have come before."""
    experiment.add_named_config("one", d={"more": 1})
    for words in (["longer", "~d.x"], ["~d.x", "longer"], ["one", "~d.x"], ["~d.x", "one"]):
        expected = {1: "one", "deep": {"y": [3]}} | ({"more": 1} if "one" in words else {})
        assert seen(experiment, *words)["d"] == expected
    assert "deep" not in seen(experiment, "longer", "one", "~d.deep.y", "~d.deep")["d"]


@pytest.mark.parametrize("turn", [list, reversed], ids=["as written", "the other way round"])
@pytest.mark.parametrize(
    ("updates", "entry", "part"),
    [
        ({"n": 1, "n.b": 2}, "n", "n.b"),
        ({"d": None, "d.x": 2}, "d", "d.x"),
        ({"xs": [5], "xs.0": 2}, "xs", "xs.0"),
        ({"d": {"deep": 1}, "d.deep.y": 2}, "d.deep", "d.deep.y"),
        ({"data": {"files": 1}, "data.files.a": 2}, "data.files", "data.files.a"),
    ],
)
def test_contradictory_updates_of_a_call_are_one_clear_error_in_any_order(
    experiment, updates, entry, part, turn
):
    given = dict(turn(list(updates.items())))
    with pytest.raises(ConfigError) as error:
        experiment.run(config_updates=given)
    assert f"one sets {entry!r} to a value" in str(error.value)
    assert f"another one sets {part!r}" in str(error.value)
    assert isinstance(error.value, TypeError)  # as 0.8 has it


@pytest.mark.parametrize(
    ("updates", "x"),
    [({"d": {}, "d.x": 5}, 5), ({"d": {1: "a", 1.5: "b"}, "d.x": 7}, 7), ({"d": {"x": 3}}, 3)],
)
def test_updates_that_agree_are_no_contradiction(experiment, updates, x):
    assert experiment.get_config(config_updates=updates)["d"]["x"] == x


@pytest.mark.parametrize("update", ["~d", "~n"])
def test_entries_of_dicts_are_deleted_as_those_of_scopes_are(update):
    ex = Experiment("of_a_dict", interactive=True, save_git_info=False)
    ex.add_config(d={"x": 1}, n=2, rest=3)
    ex.main(lambda _config: dict(_config))
    updates, _ = parse_updates([update, "seed=1"])
    expected = {"d": {"x": 1}, "n": 2, "rest": 3, "seed": 1}
    del expected[update[1:]]
    assert ex.run(config_updates=updates, options={"--loglevel": "ERROR"}).result == expected
