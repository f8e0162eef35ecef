"""Scripts run from a real command line: output, exit codes, errors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]

SCRIPT = '''\
"""A demonstration.

Usage: this line must not break anything.

Options:
  --this neither
"""
from sacred import Experiment

ex = Experiment("demo")


@ex.config
def cfg():
    """All settings."""
    C = 1.0  # penalty
    flag = True
    nested = {"x": [1, 2], "y": None}


@ex.named_config
def fast():
    """Quick and dirty."""
    C = 0.1


@ex.command
def greet(name):
    """Say hello."""
    print("hello", name)


@ex.command
def fail():
    raise ValueError("the reason")


@ex.command(unobserved=True)
def leave(code):
    raise SystemExit(code)


@ex.automain
def main(C, flag):
    """Train."""
    print("C is", C, "flag is", flag)
    return C
'''


def test_plain_call(run_script: RunScript) -> None:
    """What a run prints, in order; the log goes to stderr."""
    done = run_script(SCRIPT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "C is 1.0 flag is True\n"
    assert done.stderr.splitlines() == [
        "WARNING - demo - No observers have been added to this run",
        "INFO - demo - Running command 'main'",
        "INFO - demo - Started",
        "INFO - demo - Result: 1.0",
        "INFO - demo - Completed after 0:00:00",
    ]


def test_updates_are_stored_as_plain_text(run_script: RunScript) -> None:
    """Also an empty set of them is stored."""
    script = """
from sacred import Experiment
ex = Experiment("plain")
ex.add_config(a="x")
@ex.automain
def main(_run):
    print(_run.meta_info["config_updates"], type(_run.meta_info["config_updates"].get("a")))
"""
    assert run_script(script, "with", "a=my text").stdout == "{'a': 'my text'} <class 'str'>\n"
    assert run_script(script).stdout == "{} <class 'NoneType'>\n"


def test_updates_and_named_configs(run_script: RunScript) -> None:
    """``with`` takes both; bools are understood."""
    done = run_script(SCRIPT, "with", "fast", "flag=false")
    assert done.stdout == "C is 0.1 flag is False\n"
    assert run_script(SCRIPT, "with", "C=2", "flag=NO").stdout == "C is 2 flag is False\n"


@pytest.mark.parametrize(
    ("argv", "code", "told"),
    [
        (["with", "c=2"], 1, ["not used anywhere", "  c=2", 'Did you mean "C"?']),
        (["with", "fsat"], 1, ['Named config not found: "fsat"', 'Did you mean "fast"?']),
        (["grete"], 1, ['Command "grete" not found', '"greet"']),
        (["greet"], 1, ["greet is missing value(s): ['name']", "Usage:"]),
        (["--unknwon"], 1, ["--unknwon", "Usage:"]),
        (["with", "data.json"], 1, ["data.json"]),
        (["with", "x={'py/reduce': []}"], 1, ["py/reduce"]),
        (["-b", "soon"], 1, ["soon"]),
        (["-C", "df"], 1, ["Unknown capture mode 'df'"]),
        (["-P", "high"], 1, ["high"]),
        (["-m", "::::"], 1, ["::::"]),
    ],
)
def test_user_errors_are_one_clear_message(
    run_script: RunScript, argv: list[str], code: int, told: list[str]
) -> None:
    """No traceback; what is wrong, and the nearest right thing."""
    done = run_script(SCRIPT, *argv)
    assert done.returncode == code, done
    for text in told:
        assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_failing_run(run_script: RunScript) -> None:
    """The traceback comes without the library's frames; exit code 1."""
    done = run_script(SCRIPT, "fail")
    assert done.returncode == 1
    assert "ERROR - demo - Failed after 0:00:00!" in done.stderr
    assert "Traceback (most recent calls WITHOUT Sacred internals):" in done.stderr
    assert "ValueError: the reason" in done.stderr
    assert "sacred/run.py" not in done.stderr
    assert "in fail" in done.stderr


def test_debug_shows_everything(run_script: RunScript) -> None:
    """``-d``: the exception propagates unfiltered."""
    done = run_script(SCRIPT, "fail", "-d")
    assert done.returncode == 1
    assert "Traceback (most recent call last):" in done.stderr
    assert "run.py" in done.stderr


@pytest.mark.parametrize(("code", "status"), [("0", 0), ("None", 0), ("3", 3)])
def test_exit_status_of_sys_exit(run_script: RunScript, code: str, status: int) -> None:
    """It stays what the script said."""
    assert run_script(SCRIPT, "leave", "with", f"code={code}").returncode == status


@pytest.mark.parametrize("argv", [["-h"], ["--help"], ["help"]])
def test_help(run_script: RunScript, argv: list[str]) -> None:
    """Usage, docstring, options, arguments, commands; a docstring with Usage: is harmless."""
    done = run_script(SCRIPT, *argv)
    assert done.returncode == 0, done.stderr
    for text in (
        "Usage:",
        "A demonstration.",
        "Options:",
        "--file_storage=",
        "Arguments:",
        "UPDATE",
        "Commands:",
        "greet",
        "Say hello.",
        "print_config",
    ):
        assert text in done.stdout, text
    assert done.stdout.index("A demonstration.") < done.stdout.index("Commands:")


@pytest.mark.parametrize("argv", [["--help"], ["help"], ["help", "main"], []])
def test_what_follows_in_the_script_is_for_runs(run_script: RunScript, argv: list[str]) -> None:
    script = """
        from sacred import Experiment

        ex = Experiment("demo")

        @ex.main
        def main():
            pass

        ex.run_commandline()
        print("results of the run")
    """
    done = run_script(textwrap.dedent(script), *argv)
    assert done.returncode == 0, done.stderr
    assert ("results of the run" in done.stdout) == (not argv)


def test_commands_of_scripts_win_over_those_that_the_old_library_did_not_have(
    run_script: RunScript,
) -> None:
    script = """
        from sacred import Experiment

        ex = Experiment("demo")

        @ex.command
        def diff(a=1):
            print("our own diff of", a)

        @ex.automain
        def main():
            pass
    """
    done = run_script(textwrap.dedent(script), "diff", "with", "a=5", "-l", "ERROR")
    assert done.stdout == "our own diff of 5\n", done.stderr


def test_help_for_a_command(run_script: RunScript) -> None:
    """Signature and docstring."""
    done = run_script(SCRIPT, "help", "greet")
    assert "greet(name)" in done.stdout
    assert "Say hello." in done.stdout


def test_print_config_is_plain_in_a_pipe_and_coloured_on_demand(run_script: RunScript) -> None:
    """NO_COLOR and FORCE_COLOR are respected."""
    done = run_script(SCRIPT, "print_config", "with", "C=2.0", "nested.x=[1, 3]", "seed=1")
    assert done.stdout == (
        "Configuration (modified, added, typechanged, doc):\n"
        '  """All settings."""\n'
        "  C = 2.0                            # penalty\n"
        "  flag = True\n"
        "  seed = 1                           # the random seed for this experiment\n"
        "  nested:\n"
        "    x = [1, 3]\n"
        "    y = None\n"
    )
    coloured = run_script(SCRIPT, "print_config", "with", "nested.x=[1, 3]", FORCE_COLOR=1)
    assert "\x1b[34m    x = [1, 3]" in coloured.stdout
    assert "\x1b" not in run_script(SCRIPT, "print_config", FORCE_COLOR="", NO_COLOR=1).stdout


def test_print_config_option_then_runs(run_script: RunScript) -> None:
    """``-p`` prints the configuration first."""
    done = run_script(SCRIPT, "-p", "with", "seed=1")
    assert done.stdout.index("Configuration (") < done.stdout.index("C is")


def test_save_config(run_script: RunScript, tmp_path: Path) -> None:
    """Its own file name is not part of what it saves; the file works in ``with``."""
    run_script(SCRIPT, "save_config", "with", "C=5", "config_filename=mine.json", "seed=1")
    saved = json.loads((tmp_path / "mine.json").read_text())
    assert saved == {
        "__doc__": "All settings.",
        "C": 5,
        "flag": True,
        "nested": {"x": [1, 2], "y": None},
        "seed": 1,
    }
    assert run_script(SCRIPT, "with", "mine.json").stdout == "C is 5 flag is True\n"


def test_print_named_configs_and_dependencies(run_script: RunScript) -> None:
    """The two other built-in commands."""
    done = run_script(SCRIPT, "print_named_configs")
    assert "Named Configurations (doc):" in done.stdout
    assert "fast" in done.stdout
    assert "# Quick and dirty." in done.stdout
    done = run_script(SCRIPT, "print_dependencies")
    assert "Dependencies:" in done.stdout
    assert "Sources:" in done.stdout
    assert "script.py" in done.stdout


def test_file_storage_option(run_script: RunScript, tmp_path: Path) -> None:
    """``-F`` leaves a complete record."""
    done = run_script(SCRIPT, "-F", "runs", "-c", "a comment", "with", "C=2.0")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "runs/1/run.json").read_text())
    assert record["status"] == "COMPLETED"
    assert record["result"] == 2.0
    assert record["meta"]["comment"] == "a comment"
    assert json.loads((tmp_path / "runs/1/config.json").read_text())["C"] == 2.0
    output = (tmp_path / "runs/1/cout.txt").read_text()
    assert "C is 2.0 flag is True\n" in output
    assert "Completed after 0:00:00" in output
    assert 'Started run with ID "1"' in done.stderr


def test_read_only_runs_directory(run_script: RunScript, tmp_path: Path) -> None:
    """One clear message before anything runs."""
    (tmp_path / "file").write_text("in the way")
    done = run_script(SCRIPT, "-F", "file/runs")
    assert done.returncode == 1
    assert "file/runs" in done.stderr
    assert "C is" not in done.stdout
    assert "Traceback" not in done.stderr


def test_no_such_database_server(run_script: RunScript) -> None:
    """At most a few seconds to one clear message."""
    started = time.monotonic()
    done = run_script(SCRIPT, "-m", "localhost:1:db")
    assert done.returncode == 1
    assert "localhost:1" in done.stderr
    assert "Traceback" not in done.stderr
    assert "C is" not in done.stdout
    assert time.monotonic() - started < 30


SLEEPER = """\
import sys, time
from sacred import Experiment
from sacred.observers import FileStorageObserver

ex = Experiment("sleeper")
ex.observers.append(FileStorageObserver("runs"))


@ex.automain
def main(_run):
    for step in range(5):
        _run.log_scalar("step", step)
        print("line", step)
    _run.info["done"] = "so far"
    open("ready", "w").close()
    # Short ones: Python sleeps through a signal that comes just before the system call.
    for _ in range(600):
        time.sleep(0.1)
"""


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
)
def test_signals_leave_a_complete_record(tmp_path: Path, number: int, code: int) -> None:
    """Status INTERRUPTED, all output, points and info stored, exit status 128 + signal."""
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    process = subprocess.Popen(
        [sys.executable, "sleeper.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "ready").exists():
        assert time.monotonic() < deadline, process.communicate()[0]
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode in (code, -number if number == signal.SIGINT else code), output
    record = json.loads((tmp_path / "runs/1/run.json").read_text())
    assert record["status"] == "INTERRUPTED"
    assert json.loads((tmp_path / "runs/1/info.json").read_text())["done"] == "so far"
    assert json.loads((tmp_path / "runs/1/metrics.json").read_text())["step"]["values"] == [
        0, 1, 2, 3, 4,
    ]  # fmt: skip
    stored = (tmp_path / "runs/1/cout.txt").read_text()
    assert "line 0\nline 1\nline 2\nline 3\nline 4\n" in stored
    assert "Aborted after" in stored
    assert "line 4" in output
    assert "sacred/run.py" not in output


def test_run_commandline_accepts_a_string_and_refuses_the_rest() -> None:
    """A string is split as a shell does."""
    from sacred import Experiment

    ex = Experiment("test", interactive=True)

    @ex.main
    def main(text: str) -> str:
        return text

    run = ex.run_commandline("prog -l CRITICAL with 'text=two words'")
    assert run is not None
    assert run.result == "two words"
    assert run.meta_info["command"] == "main"
    with pytest.raises(ValueError, match="argv"):
        ex.run_commandline(5)  # type: ignore[arg-type]
