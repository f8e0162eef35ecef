"""What each built-in option does to a run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from sacred import commandline_options as options
from sacred._base.loggers import log_level_number
from sacred.cli.errors import CommandLineError, UncleanRepositoryError
from sacred.config.bindings import Binding, RunBindings
from sacred.config.captured_function import create_captured_function
from sacred.config.config_summary import ConfigSummary


@pytest.fixture
def run() -> Any:
    """The attributes of a run that options touch."""
    root = logging.getLogger("test_run_options_root")
    return SimpleNamespace(
        _id=None,
        beat_interval=10.0,
        bindings=RunBindings(),
        capture_mode=None,
        config={"a": 1},
        config_modifications=ConfigSummary(),
        debug=False,
        experiment_info={"name": "demo", "repositories": []},
        force=False,
        meta_info={},
        observers=[],
        pdb=False,
        queue_only=False,
        root_logger=root,
        run_logger=root.getChild("demo"),
        unobserved=False,
    )


@pytest.mark.parametrize(
    ("option", "value", "seen", "expected"),
    [
        (options.beat_interval_option, "2.5", lambda run: run.beat_interval, 2.5),
        (options.beat_interval_option, 3, lambda run: run.beat_interval, 3.0),
        (options.capture_option, "sys", lambda run: run.capture_mode, "sys"),
        (options.comment_option, "why", lambda run: run.meta_info, {"comment": "why"}),
        (options.debug_option, True, lambda run: run.debug, True),
        (options.force_option, True, lambda run: run.force, True),
        (options.id_option, "17", lambda run: run._id, "17"),
        (options.loglevel_option, "error", lambda run: run.run_logger.level, 40),
        (options.loglevel_option, 15, lambda run: run.run_logger.level, 15),
        (options.pdb_option, True, lambda run: run.pdb, True),
        (options.priority_option, "3", lambda run: run.meta_info, {"priority": 3.0}),
        (options.queue_option, True, lambda run: run.queue_only, True),
        (options.unobserved_option, True, lambda run: run.unobserved, True),
    ],
)
def test_effects(
    run: Any, option: Any, value: Any, seen: Callable[[Any], Any], expected: Any
) -> None:
    """Each sets one thing, as a function and as an option."""
    option.apply(value, run)
    assert seen(run) == expected
    option(value, run)
    assert seen(run) == expected


def test_help_does_nothing(run: Any) -> None:
    before = dict(vars(run))
    options.help_option.apply(True, run)
    assert vars(run) == before


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        (options.beat_interval_option, "soon", ["'soon'", "number of seconds, 0 or more"]),
        (options.beat_interval_option, "-1", ["'-1'"]),
        (options.beat_interval_option, "nan", ["'nan'"]),
        (
            options.capture_option,
            "syss",
            ["Unknown capture mode 'syss'", "no, sys and fd", '"sys"?'],
        ),
        (options.capture_option, 5, ["Unknown capture mode 5"]),
        (options.loglevel_option, "DEBUGG", ["'DEBUGG'", 'Did you mean "DEBUG"?']),
        (options.loglevel_option, "-1", ["'-1'", "or a number"]),
        (options.priority_option, "high", ["'high'", "must be a number"]),
        (options.priority_option, "inf", ["'inf'"]),
        (options.priority_option, None, ["None"]),
    ],
)
def test_wrong_values(run: Any, option: Any, value: Any, told: list[str]) -> None:
    """A ValueError that quotes the value and says what is right; no traceback is shown."""
    with pytest.raises(ValueError, match=r".") as caught:
        option.apply(value, run)
    assert isinstance(caught.value, CommandLineError)
    assert not caught.value.print_traceback
    for text in told:
        assert text in str(caught.value)


@pytest.mark.parametrize(
    ("level", "number"),
    [("DEBUG", 10), ("info", 20), (" 30 ", 30), (5, 5), ("Critical", 50), ("WARN", 30)],
)
def test_levels(level: str | int, number: int) -> None:
    assert log_level_number(level) == number


def test_levels_of_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels added to `logging` are known by name."""
    levels = {**logging.getLevelNamesMapping(), "TRACE": 5}
    monkeypatch.setattr(logging, "getLevelNamesMapping", lambda: levels)
    assert log_level_number("trace") == 5


def test_name_renames_the_experiment_and_its_logger(run: Any) -> None:
    """Those of captured functions do not have its name; the level is kept."""

    @create_captured_function
    def helper(_log: Any) -> str:
        return str(_log.name)

    run.run_logger.setLevel("ERROR")
    run.bindings.bind(helper, Binding(logger=run.root_logger.getChild("helper"), run=run))
    options.name_option.apply("other", run)
    assert run.experiment_info["name"] == "other"
    assert run.run_logger.name == "test_run_options_root.other"
    assert run.run_logger.level == logging.ERROR
    with run.bindings.activate():
        assert helper() == "test_run_options_root.helper"


def test_the_log_level_is_that_of_captured_functions_too(run: Any) -> None:
    """While the run is active: other runs may have functions of the same name."""
    function = create_captured_function(lambda: None)
    logger = logging.getLogger("test_run_options_root.function")
    run.bindings.bind(function, Binding(logger=logger, run=run))
    options.loglevel_option.apply("error", run)
    with run.bindings.activate():
        assert logger.level == logging.ERROR
    assert logger.level == logging.NOTSET


def test_print_config_prints_it_and_a_line(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    options.print_config_option.apply(True, run)
    expected = "Configuration (modified, added, typechanged, doc):\n  a = 1\n" + "-" * 79 + "\n"
    assert capsys.readouterr().out == expected


def test_enforce_clean(run: Any) -> None:
    """All repositories must be clean, and there must be one."""
    clean = {"url": "https://example.org/a.git", "commit": "abc", "dirty": False}
    dirty = {"url": "https://example.org/b.git", "commit": "abc", "dirty": True}
    with pytest.raises(UncleanRepositoryError, match="no git repository"):
        options.enforce_clean_option.apply(True, run)
    run.experiment_info["repositories"] = [clean]
    options.enforce_clean_option.apply(True, run)
    run.experiment_info["repositories"] = [clean, dirty]
    with pytest.raises(RuntimeError, match=r"uncommitted changes in https://example\.org/b\.git$"):
        options.enforce_clean_option.apply(True, run)
