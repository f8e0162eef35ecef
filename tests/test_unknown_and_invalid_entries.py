"""What is said of entries that are not there, and of keys and values that cannot be entries."""

import copy
import functools
import json
import os
import subprocess
import sys

import pytest

from sacred import SETTINGS, Experiment
from sacred.utils import (
    ConfigAddedError,
    InvalidKeyError,
    InvalidValueError,
    SacredError,
    UnknownIngredientError,
)
from tests.conftest import ROOT

HERE = __file__


@pytest.fixture
def experiment():
    """An experiment whose main function takes a dict, and an argument without an entry."""
    ex = Experiment("nested", interactive=True)
    ex.add_config(seed=1, optimizer={"lr": 0.1, "momentum": 0.9}, empty={})

    @ex.named_config
    def decay():
        optimizer = {"weight_decay": 0.1}

    @ex.main
    def main(optimizer, empty, C=1):
        return dict(optimizer), dict(empty), C

    return ex


def run(ex, *words):
    return ex.run_commandline(["prog", *words, "-d", "-l", "ERROR"]).result


@pytest.mark.parametrize(
    ("name", "nearest"), [("learning_rate", "lr"), ("momentun", "momentum"), ("lrr", "lr")]
)
def test_a_new_nested_entry_is_named_on_stderr_whatever_the_log_level(
    experiment, capsys, name, nearest
):
    """With the entries that there are, and the nearest one; the run goes on."""
    assert run(experiment, "with", f"optimizer.{name}=0.5")[0][name] == 0.5
    assert capsys.readouterr().err == (
        f'New config entry "optimizer.{name}": "optimizer" has lr, momentum. '
        f'Did you mean "{nearest}"?\n'
    )


@pytest.mark.parametrize(
    ("use", "is_read"),
    [
        (lambda optimizer: optimizer["lr"], False),
        (lambda optimizer: optimizer.get("weight"), True),
        (lambda optimizer: dict(**optimizer), True),
        (lambda optimizer: dict(optimizer), True),
        (lambda optimizer: json.dumps(optimizer), True),
        (lambda optimizer: copy.deepcopy(optimizer), True),
        (lambda optimizer: {**optimizer}, True),
        (lambda optimizer: list(optimizer.items()), True),
    ],
)
def test_a_new_nested_entry_that_nothing_has_read_is_said_again_behind_the_run(
    capsys, use, is_read
):
    """On stderr, whatever the log level."""
    ex = Experiment("nested", interactive=True)
    ex.add_config(seed=1, optimizer={"lr": 0.1, "momentum": 0.9})

    @ex.main
    def main(optimizer):
        use(optimizer)

    run(ex, "with", "optimizer.weight=1")
    said = 'Nothing has read the new config entry "optimizer.weight"\n'
    assert capsys.readouterr().err.endswith(said) != is_read


@pytest.mark.parametrize(
    "words",
    [
        ["with", "decay"],
        ["with", "optimizer.lr=1"],
        ["with", "empty.a=1", "C=2"],
        ["with", "optimizer.x=1", "--force"],
    ],
)
def test_what_is_no_typing_error_is_not_mentioned(experiment, capsys, words):
    """Named configs, known entries, dicts without any, arguments of functions; or --force."""
    run(experiment, *words)
    assert "New config entry" not in capsys.readouterr().err


def test_strict_refuses_new_nested_entries(experiment, monkeypatch):
    """As an option or as a setting."""
    with pytest.raises(ConfigAddedError, match="only known entries") as caught:
        run(experiment, "--strict", "with", "optimizer.lrr=1", "decay")
    assert "optimizer.lrr=1\n" in str(caught.value)
    assert "'optimizer.lr', 'optimizer.momentum'" in str(caught.value)
    monkeypatch.setattr(SETTINGS.CONFIG, "ENFORCE_KNOWN_ENTRIES", True)
    with pytest.raises(ConfigAddedError, match=r"empty\.a=1"):
        run(experiment, "with", "empty.a=1")


def test_strict_takes_what_is_known(experiment):
    """Entries of sources, of named configs, and arguments of captured functions."""
    expected = {"lr": 2, "momentum": 0.9, "weight_decay": 0.1}
    assert run(experiment, "--strict", "with", "optimizer.lr=2", "C=3", "decay") == (
        expected,
        {},
        3,
    )


def test_updates_without_with_are_explained(experiment, capsys):
    """The message has the words that would do."""
    with pytest.raises(SystemExit):
        experiment.run_commandline(["prog", "C=3"])
    assert capsys.readouterr().err.endswith('Updates stand behind "with": with C=3\n')


def line_of(text):
    """The number of the first line of this file that has a text."""
    with open(HERE, encoding="utf-8") as file:
        return next(n for n, line in enumerate(file, 1) if text in line)


def message_of(ex, **request):
    with pytest.raises(SacredError) as caught:
        ex.run(options={"--loglevel": "ERROR"}, **request)
    assert not caught.value.print_traceback
    return str(caught.value).split("\n  ")


def test_a_bad_key_in_a_scope():
    """Entry, file and line."""
    ex = Experiment("bad", interactive=True)

    @ex.config
    def scope():
        good = 1
        d = {"a": {"b.c": 1}}  # the line of the scope

    ex.main(lambda: None)
    message, entry, place = message_of(ex)
    assert message == 'Invalid key "b.c". Config-keys cannot contain "." or start with "$"'
    assert entry == "in the entry d.a"
    assert place == f"{HERE}, line {line_of('# the line of the ' + 'scope')}"


def test_a_bad_key_from_a_hook():
    """The hook is named."""
    ex = Experiment("bad", interactive=True)

    @ex.config_hook
    def choose(config, command_name, logger):  # the line of the hook
        return {"a": {"$x": 1}}

    ex.main(lambda: None)
    _, entry, place = message_of(ex)
    assert entry == "in the entry a"
    assert "choose, " in place
    assert place.endswith(f"{HERE}, line {line_of('# the line of the ' + 'hook') - 1}")


def test_an_entry_that_a_scope_asks_for_and_that_is_not_there():
    """The scope is named."""
    ex = Experiment("bad", interactive=True)

    @ex.config
    def asks(nothing):
        a = 1

    ex.main(lambda: None)
    message, place = message_of(ex)
    assert message.startswith("'nothing' not in preset for ConfigScope.")
    assert place.startswith(f"asks, {HERE}, line ")


@pytest.mark.parametrize(
    ("entries", "kind", "lines"),
    [
        ({"a": {"b.c": 1}}, InvalidKeyError, ['Invalid key "b.c"', "in the entry a"]),
        (
            {"a": {"b": [open]}, "f": {"g": lambda: 0}},
            InvalidValueError,
            ["Invalid value <function"],
        ),
    ],
)
def test_what_cannot_be_an_entry_is_refused_where_it_is_added(entries, kind, lines):
    """With the file and the line that add it, and without the frames of the search."""
    with pytest.raises(kind) as caught:
        Experiment("bad", interactive=True).add_config(entries)  # the line that adds
    *said, place = str(caught.value).split("\n  ")
    assert [text[: len(line)] for text, line in zip(said, lines, strict=True)] == lines
    assert place == f"{HERE}, line {line_of('# the line that ' + 'adds')}"
    assert "normalize" not in [entry.path.stem for entry in caught.traceback]


def test_a_file_that_is_not_there_says_where_it_was_looked_for(tmp_path, monkeypatch):
    """The note stands below the message in a traceback."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match=r"^File not found no\.json\n") as caught:
        Experiment("bad", interactive=True).add_config("no.json")
    assert caught.value.__notes__ == [f"It was looked for in {tmp_path}"]


def test_partial_objects_can_be_captured_interactively(experiment):
    """They have no names of their own: each one is another function."""
    adders = [experiment.capture(functools.partial(lambda x, y: x + y, y=y)) for y in (2, 3)]
    experiment.add_config(x=1)

    @experiment.command
    def both():
        return [add() for add in adders]

    assert experiment.run("both", options={"--loglevel": "ERROR"}).result == [3, 4]


def test_setdefault_of_an_entry_that_is_there_changes_nothing(experiment):
    """It gives the entry; of a new one, it is refused as all changes are."""

    @experiment.command
    def look(optimizer):
        assert optimizer.setdefault("lr", 5) == 0.1
        optimizer.setdefault("new", 5)

    with pytest.raises(SacredError, match="read-only"):
        experiment.run("look", options={"--loglevel": "ERROR"})


@pytest.mark.parametrize(
    ("seed", "shown"),
    [
        ("-1", "sacred.utils.InvalidValueError: The seed -1 cannot be used: "),
        ("x", "sacred.randomness._SeedTypeError: Seed has to be integer but was 'x' "),
    ],
)
def test_a_seed_that_cannot_be_used_is_one_line_on_the_command_line(
    experiment, capsys, seed, shown
):
    with pytest.raises(SystemExit):
        experiment.run_commandline(["prog", "-l", "ERROR", "with", f"seed={seed}"])
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(shown)


def test_a_seed_that_numpy_does_not_take_is_named(experiment):
    """With numpy's reason."""
    with pytest.raises(ValueError, match="The seed -1 cannot be used: expected non-negative"):
        experiment.run(config_updates={"seed": -1}, options={"--loglevel": "ERROR"})


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            'ex.add_config({"a.b": 1})',
            'sacred.utils.InvalidKeyError: Invalid key "a.b". Config-keys cannot contain "." or '
            'start with "$"\n  SCRIPT, line 4\n',
        ),
        (
            'ex.add_config("no.json")',
            "Traceback (most recent calls WITHOUT Sacred internals):\n"
            '  File "SCRIPT", line 4, in <module>\n'
            '    ex.add_config("no.json")\n'
            "sacred.utils.UnreadableConfigFileError: File not found no.json\n"
            "It was looked for in FOLDER\n",
        ),
        (
            "ex.config(scope)",
            '  File "SCRIPT", line 3\n    def scope(): return 5\n                 ^\n'
            "sacred.utils.ScopeSyntaxError: No return statements allowed in ConfigScopes "
            '("SCRIPT", line 3)\n',
        ),
        (
            'ex.run("trian")',
            "Traceback (most recent calls WITHOUT Sacred internals):\n"
            '  File "SCRIPT", line 4, in <module>\n'
            '    ex.run("trian")\n'
            'sacred.utils.UnknownCommandError: Command "trian" not found. Available commands are: '
            "print_config, print_dependencies, save_config, print_named_configs, diff, explain.\n",
        ),
    ],
)
def test_a_mistake_in_a_script_ends_it_with_a_few_lines(tmp_path, line, shown):
    """Without the library's frames, though no command line catches it."""
    script = tmp_path / "script.py"
    script.write_text(
        "from sacred import Experiment\nex = Experiment('bad', save_git_info=False)\n"
        f"def scope(): return 5\n{line}\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == shown.replace("SCRIPT", str(script)).replace("FOLDER", str(tmp_path))


def test_debugging_shows_all_frames_and_other_exceptions_are_as_ever(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom sacred import Experiment\nfrom sacred.utils import SacredError\n"
        "SacredError('the first one that is made')\n"
        "ex = Experiment('bad', save_git_info=False)\n@ex.automain\ndef main():\n    1 / 0\n"
    )
    for words, last in (("-d with nix=5", "nix=5"), ("-d -u", "ZeroDivisionError")):
        done = subprocess.run(
            [sys.executable, str(script), *words.split()],
            capture_output=True, text=True, cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert "Traceback (most recent call last):\n" in done.stderr
        assert "experiment.py" in done.stderr
        assert last in done.stderr


def test_an_exception_hook_of_the_program_gets_mistakes_in_scripts(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom sacred import Experiment\n"
        "sys.excepthook = lambda kind, error, traceback: print('hook:', kind.__name__)\n"
        "Experiment('bad').add_config({'a.b': 1})\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("hook: InvalidKeyError\n", "")


def test_a_bad_key_of_an_update_is_not_said_to_stand_in_the_script():
    experiment = Experiment("nested", interactive=True)

    @experiment.config
    def cfg():
        group = {"a": 1}

    with pytest.raises(InvalidKeyError) as caught:
        experiment.get_config({"group.$x": 3})
    assert str(caught.value).splitlines()[1:] == [
        "  in the entry group",
        "  set by an update or a named config",
    ]


def test_a_file_with_includes_that_is_named_without_its_sign_is_explained(
    experiment, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.json").write_text('{"base": "other.json"}')
    with pytest.raises(ConfigAddedError) as caught:
        experiment.run(named_configs=["f.json"])
    assert 'With "@", "base" of a file includes others: with @f.json' in str(caught.value)
    with pytest.raises(ConfigAddedError) as caught:
        experiment.run(config_updates={"base": 5}, named_configs=["f.json"])
    assert "includes others" not in str(caught.value)


def test_a_config_file_that_is_not_there_is_named_with_its_place_and_the_nearest_one(
    experiment, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fast.json").write_text("{}")
    with pytest.raises(UnknownIngredientError) as caught:
        experiment.get_config(named_configs=["fsat.json"])
    assert str(caught.value).endswith(
        f'There is no config file of that name either: "{tmp_path / "fsat.json"}". '
        'Did you mean "fast.json"?'
    )
