"""The table of options, and the options of one experiment."""

from __future__ import annotations

import gc
import importlib
import pickle
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from sacred._base.cli_option import CLIOption, cli_option
from sacred._base.extras import is_installed
from sacred.cli import options as options_module
from sacred.cli.errors import CommandLineError
from sacred.cli.option_table import TABLE, OptionRow, available_rows, row_of
from sacred.cli.options import (
    BuiltInOption,
    apply_options,
    default_options,
    gather_command_line_options,
    is_given,
)
from sacred.cli.parsing import parse
from sacred.commandline_options import CommandLineOption
from sacred.settings import SETTINGS

# As the specification has them: exact flags, and which of them take a value.
SPECIFIED = """
-h --help
-b V --beat-interval=V
-C V --capture=V
-c V --comment=V
-d --debug
-D --pdb
-e --enforce_clean
-F V --file_storage=V
-f --force
-i V --id=V
-l V --loglevel=V
-m V --mongo_db=V
-n V --name=V
-p --print-config
-P V --priority=V
-q --queue
-s V --sql=V
-S V --s3=V
-t V --tiny_db=V
-u --unobserved
"""
#: Those that the old library did not have.
NEW = {
    "--completion",
    "--gcs",
    "--group",
    "--resume",
    "--reuse",
    "--strict",
    "--tag",
    "--tape",
    "--trace",
}


def test_the_table_is_what_is_specified() -> None:
    rows = {
        f"{row.short} {row.long}" if row.is_flag else f"{row.short} V {row.long}=V"
        for row in TABLE
        if row.long not in NEW
    }
    assert rows == set(SPECIFIED.strip().splitlines())
    assert [row.long for row in TABLE] == sorted(row.long for row in TABLE)
    letters = [row.short for row in TABLE if row.short]
    assert len(set(letters)) == len(letters)


def test_new_options_leave_letters_and_flags_to_those_of_scripts() -> None:
    """A script of years ago may have an option of that name."""
    assert {row.long for row in TABLE if row.is_new} == NEW
    assert not any(row.short for row in TABLE if row.is_new)
    own = cli_option("-g", "--tag", is_flag=True)(lambda args, run: None)
    options = gather_command_line_options([own])
    assert [option for option in options if option.get_flag() == "--tag"] == [own]
    found = parse(["-g", "--group=a"], options).options
    assert (found["--tag"], found["--group"]) == (True, "a")


@pytest.mark.parametrize("row", available_rows(), ids=lambda row: row.long)
def test_targets_are_options_with_these_flags(row: OptionRow) -> None:
    """The function behind each row is declared with the flags of the row."""
    module, _, attribute = row.target.partition(":")
    target = getattr(importlib.import_module(module), attribute)
    assert isinstance(target, CLIOption)
    assert (target.get_flags(), target.is_flag) == ((row.short, row.long), row.is_flag)


def test_rows() -> None:
    assert row_of("--sql").target == "sacred.observers.sql:sql_option"
    assert {row for row in TABLE if is_installed(row.module)} == set(available_rows())
    with pytest.raises(KeyError):
        row_of("--nope")


def test_gathering_imports_no_observer() -> None:
    """Nor anything heavy: help must be quick and work without the databases' packages."""
    code = (
        "import sys; from sacred.cli.options import gather_command_line_options as gather; "
        "gather(); import sacred.commands, sacred.cli.dispatch; print([name for name in "
        "('pymongo', 'docopt', 'numpy', 'difflib', 'pprint', 'jsonpickle', 'pdb', "
        "'sacred.observers.mongo', 'sacred.observers.file_storage') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_options_of_packages_that_are_missing_can_be_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pymongo", None)

    def flags(**kwargs: Any) -> list[str]:
        return [option.get_flag() for option in gather_command_line_options(**kwargs)]

    assert "--mongo_db" in flags()
    assert "--mongo_db" not in flags(filter_disabled=True)
    monkeypatch.setitem(SETTINGS.COMMAND_LINE, "SHOW_DISABLED_OPTIONS", False)
    assert "--mongo_db" not in flags()
    assert "--mongo_db" in flags(filter_disabled=False)
    assert "--force" in flags()


@cli_option("-g", "--greet")
def greet_option(args: str, run: Any) -> None:
    """Greet somebody."""
    run.greeted = args


def test_options_of_the_experiment() -> None:
    """They come last, are applied, and must not have the long flag of another one."""
    gathered = gather_command_line_options([greet_option])
    assert gathered[-1] is greet_option
    with pytest.raises(ValueError, match=r"--greet exists already"):
        gather_command_line_options([greet_option, greet_option])
    forced = CLIOption(print, "-x", "--force", True)
    with pytest.raises(ValueError, match=r"--force exists already"):
        gather_command_line_options([forced])


def test_defaults() -> None:
    defaults = default_options(gather_command_line_options([greet_option]))
    assert defaults["--greet"] is None
    assert defaults["--loglevel"] is None
    assert defaults["--debug"] is False
    assert set(map(str, defaults.values())) == {"None", "False"}


@pytest.mark.parametrize(
    ("value", "given"), [(None, False), (False, False), (True, True), (0, True), ("", True)]
)
def test_is_given(value: Any, given: bool) -> None:
    assert is_given(value) is given


def test_apply_options_applies_what_is_given() -> None:
    run: Any = SimpleNamespace(meta_info={}, force=False, debug=False)
    options = gather_command_line_options([greet_option])
    values = {"--comment": "hi", "--force": True, "--debug": False, "--greet": "Ada", "COMMAND": 1}
    apply_options(options, values, run)
    assert run.meta_info == {"comment": "hi"}
    assert (run.force, run.debug, run.greeted) == (True, False, "Ada")


def test_errors_of_a_built_in_option_name_its_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the target raises because of the value is the user's error, not a traceback."""

    def fail(args: str, run: Any) -> None:
        raise OSError("disk full")

    target = "sacred.observers.file_storage:file_storage_option"
    row = OptionRow(short="-F", long="--file_storage", argument="D", description="", target=target)
    monkeypatch.setattr("sacred.observers.file_storage.file_storage_option", fail)
    with pytest.raises(CommandLineError, match=r"^--file_storage=runs: disk full$"):
        BuiltInOption(row).apply("runs", None)  # type: ignore[arg-type]


def test_built_in_options_can_be_pickled_and_described() -> None:
    """Experiments hold them, and go to other processes."""
    option = pickle.loads(pickle.dumps(gather_command_line_options()[0]))
    assert option.get_flags() == ("-b", "--beat-interval")
    assert option.get_name() == "beat_interval_option"
    assert option.get_description() == row_of("--beat-interval").description


# ------------------------------------------------------------------- plug-ins


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the entry points of the group give."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(options_module.PLUGINS, "load_all", lambda: found)
    return found


def test_plugins_add_options(plugins: dict[str, Any]) -> None:
    plugins["greet"] = greet_option
    added = gather_command_line_options()[-1]
    assert (added.apply_function, added.get_flags()) == (
        greet_option.apply_function,
        ("-g", "--greet"),
    )


def test_an_option_of_the_script_wins_over_that_of_a_plugin(plugins: dict[str, Any]) -> None:
    """Installing something must not break a script."""
    plugins["greet"] = CLIOption(print, "-g", "--greet", True)
    assert gather_command_line_options([greet_option])[-1] is greet_option


def test_a_plugin_that_is_no_option_is_one_warning(plugins: dict[str, Any]) -> None:
    plugins["broken"] = 5
    with pytest.warns(RuntimeWarning, match="'broken' .* is ignored"):
        assert gather_command_line_options()[-1].get_flag() == "--unobserved"


def test_a_plugin_does_not_take_the_flag_of_a_built_in_option(plugins: dict[str, Any]) -> None:
    plugins["force"] = CLIOption(print, "-x", "--force", True)
    options = {option.get_flag(): option for option in gather_command_line_options()}
    assert isinstance(options["--force"], BuiltInOption)


# ---------------------------------------------------------------- the old way


@pytest.fixture(autouse=True)
def forget_classes() -> Iterator[None]:
    """Classes stay known as long as they live."""
    yield
    gc.collect()


def test_subclasses_of_command_line_option() -> None:
    """They warn, and are options of each experiment that is made afterwards."""
    with pytest.warns(DeprecationWarning, match=r"LearnFastOption: .*cli_option"):

        class LearnFastOption(CommandLineOption):
            """Learn fast."""

            short_flag = "L"
            arg = "FACTOR"
            arg_description = "how much faster"

            @classmethod
            def apply(cls, args: Any, run: Any) -> None:
                run.factor = float(args)

    option = gather_command_line_options()[-1]
    assert LearnFastOption.get_flags() == option.get_flags() == ("-L", "--learn_fast")
    assert (option.is_flag, option.arg, option.arg_description) == (
        False,
        "FACTOR",
        "how much faster",
    )
    assert option.get_description() == "Learn fast."
    run: Any = SimpleNamespace()
    apply_options([option], {"--learn_fast": "2"}, run)
    assert run.factor == 2.0


def test_subclasses_without_anything() -> None:
    """The letter is the first of the flag; without `apply` there is a clear error."""
    with pytest.warns(DeprecationWarning, match="Foo"):

        class Foo(CommandLineOption):
            pass

    assert Foo.get_flags() == ("-f", "--foo")
    option = gather_command_line_options()[-1]
    assert option.is_flag
    with pytest.raises(NotImplementedError, match="Foo"):
        option.apply(True, None)
