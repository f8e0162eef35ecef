"""From ``argv`` to a run; a double stands for the experiment."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sacred._base.cli_option import cli_option
from sacred.cli.arguments import usage_texts
from sacred.cli.dispatch import run_commandline
from sacred.cli.options import gather_command_line_options

SHORT = usage_texts("prog.py", None)[0]


def train(C: float) -> None:
    """Train the model."""


class FakeExperiment:
    """Records how it is run."""

    def __init__(self) -> None:
        self.all_cli_options = gather_command_line_options()
        self.default_command: str | None = "train"
        self.current_run: Any = None
        self.calls: list[tuple[Any, ...]] = []
        self.error: BaseException | None = None
        #: What the run that fails says; None: there is no run yet.
        self.made: Any = None

    def gather_commands(self) -> list[tuple[str, Any]]:
        return [("train", train), ("data.stats", print)]

    def get_usage(self, program_name: str | None = None) -> tuple[str, str, str]:
        commands = dict(self.gather_commands())
        return usage_texts(program_name or "self", None, commands, self.all_cli_options)

    def run(self, command: str, **kwargs: Any) -> str:
        self.calls.append((command, kwargs))
        self.current_run = self.made or self.current_run
        if self.error is not None:
            raise self.error
        return "the run"


@pytest.fixture
def experiment() -> FakeExperiment:
    return FakeExperiment()


def _call(experiment: FakeExperiment, *words: str) -> Any:
    return run_commandline(experiment, ["prog.py", *words])  # type: ignore[arg-type]


def test_runs_what_is_asked_for(experiment: FakeExperiment) -> None:
    """Command, updates, named configs, and all options."""
    words = ["data.stats", "with", "a.b=1", "fast", "-c", "hi"]
    assert _call(experiment, *words) == "the run"
    [(command, kwargs)] = experiment.calls
    assert command == "data.stats"
    assert kwargs["config_updates"] == {"a": {"b": 1}}
    assert kwargs["named_configs"] == ["fast"]
    options = kwargs["options"]
    assert (options["--comment"], options["--force"], options["--id"]) == ("hi", False, None)
    assert options["UPDATE"] == ["a.b=1", "fast"]
    assert (options["with"], options["help"], options["COMMAND"]) == (True, False, "data.stats")


def test_runs_the_main_function_by_default(experiment: FakeExperiment) -> None:
    _call(experiment)
    assert experiment.calls[0][0] == "train"
    assert experiment.calls[0][1]["options"]["COMMAND"] is None


def test_without_a_program_name(experiment: FakeExperiment) -> None:
    """The experiment knows what it is called."""
    found: Any = run_commandline(experiment, [])  # type: ignore[arg-type]
    assert found == "the run"


@pytest.mark.parametrize("words", [["-h"], ["help"], ["--help", "-f"]])
def test_help(
    experiment: FakeExperiment, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        _call(experiment, *words)
    assert caught.value.code == 0
    out, err = capsys.readouterr()
    assert out.startswith(SHORT)
    assert "  train       Train the model.\n" in out
    assert err == ""
    assert experiment.calls == []


@pytest.mark.parametrize("words", [["help", "train"], ["train", "--help"]])
def test_help_for_a_command(
    experiment: FakeExperiment, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        _call(experiment, *words)
    assert caught.value.code == 0
    assert capsys.readouterr().out == "train(C: float) -> None\n    Train the model.\n\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["trian"], 'Command "trian" not found. Available commands are: train, data.stats\n'
                    'Did you mean "train"?'),
        (["help", "stats"], 'Did you mean "data.stats"?'),
        (["--nope"], "Unknown option --nope."),
    ],
)  # fmt: skip
def test_wrong_usage(
    experiment: FakeExperiment, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Usage and message on stderr, exit code 1, and nothing runs."""
    with pytest.raises(SystemExit) as caught:
        _call(experiment, *words)
    assert caught.value.code == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{SHORT}\nError: ")
    assert told in err
    assert experiment.calls == []


@pytest.mark.parametrize("words", [["-l", "loud"], ["with", "=5"], ["with", "x={'py/type': 'os'}"]])
def test_wrong_values(
    experiment: FakeExperiment, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit code 1, and nothing runs."""
    with pytest.raises(SystemExit):
        _call(experiment, *words)
    err = capsys.readouterr().err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert experiment.calls == []


def test_no_command(experiment: FakeExperiment, capsys: pytest.CaptureFixture[str]) -> None:
    experiment.default_command = None
    with pytest.raises(SystemExit):
        _call(experiment)
    assert "Error: No command found to be run. " in capsys.readouterr().err


def test_a_failing_run(experiment: FakeExperiment, capsys: pytest.CaptureFixture[str]) -> None:
    experiment.error = ValueError("why")
    with pytest.raises(SystemExit) as caught:
        _call(experiment)
    assert caught.value.code == 1
    assert capsys.readouterr().err.endswith("ValueError: why\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), SystemExit(None)])
def test_what_is_no_error_passes(experiment: FakeExperiment, error: BaseException) -> None:
    """The exit status is what the script said."""
    experiment.error = error
    with pytest.raises(type(error)) as caught:
        _call(experiment)
    assert caught.value is error


def test_debug_lets_exceptions_propagate(experiment: FakeExperiment) -> None:
    experiment.error = ValueError("why")
    with pytest.raises(ValueError, match="why"):
        _call(experiment, "-d")


@pytest.mark.parametrize("words", [[], ["-d"]])
def test_the_run_knows_best_whether_to_debug(experiment: FakeExperiment, words: list[str]) -> None:
    """An option hook, or the code of the user, may have changed it."""
    experiment.error = ValueError("why")
    experiment.made = SimpleNamespace(debug=not words, pdb=False)
    with pytest.raises(SystemExit if words else ValueError):
        _call(experiment, *words)


def test_an_earlier_run_does_not_matter(experiment: FakeExperiment) -> None:
    """If this one could not even be made."""
    experiment.error = ValueError("why")
    experiment.current_run = SimpleNamespace(debug=True, pdb=False)
    with pytest.raises(SystemExit):
        _call(experiment)


def test_pdb(experiment: FakeExperiment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The traceback, then the debugger, with or without ``-d``."""
    started: list[object] = []
    monkeypatch.setattr("pdb.post_mortem", started.append)
    experiment.error = ValueError("why")
    for words in (["-D"], ["-D", "-d"]):
        with pytest.raises(SystemExit):
            _call(experiment, *words)
    assert len(started) == 2


def test_an_option_completion_of_the_experiment_s_own_wins(experiment: FakeExperiment) -> None:
    seen = cli_option("-k", "--completion")(lambda args, run: None)
    experiment.all_cli_options = gather_command_line_options([seen])
    _call(experiment, "--completion", "bash")
    [(_, kwargs)] = experiment.calls
    assert kwargs["options"]["--completion"] == "bash"


def test_scripts_for_shells_are_printed_instead_of_a_run(experiment, capsys) -> None:
    for shell in ("bash", "zsh", "fish"):
        with pytest.raises(SystemExit) as caught:
            _call(experiment, "--completion", shell)
        assert caught.value.code == 0
        assert f"{shell} completion of" in capsys.readouterr().out
    assert experiment.calls == []
