"""What shells complete: asked of the shells themselves."""

from __future__ import annotations

import os
import resource
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.testing import drive
from tests.conftest import ROOT
from tests.services.serving import leave_out
from tests.services.terminals import needs_terminals

pty = pytest.importorskip("pty", reason="only POSIX has pseudo-terminals")

#: What there is to be completed, and what comes of it.
CASES = [
    ("sacred do", ["doctor"]),
    ("sacred diff --exit", ["--exit-code"]),
    ("sacred ls --sor", ["--sort"]),
    ("sacred show las", ["last"]),
    ("sacred show 1", ["1", "12"]),
    ("sacred diff 12 3", ["3"]),
    ("sacred ls --sort resu", ["result"]),
    ("sacred ls --sort -opt.l", ["-opt.lr"]),
    ("sacred ls --columns id,opt.", ["id,opt.lr", "id,opt.name"]),
    ("sacred ls --sort metrics.", ["metrics.loss"]),
    ("sacred metrics 1", ["1", "12"]),
    ("sacred metrics 12 lo", ["loss"]),
    ("sacred metrics nothere lo", []),
    ("sacred -s la", ["lab"]),
    ("sacred ls --store la", ["lab"]),
    ("sacred -s lab show 7", ["77"]),
    ("sacred show best:r", ["best:result"]),
    ("sacred show lab:l", ["lab:last"]),
    ("sacred copy he", ["here"]),
    ("sacred completion b", ["bash"]),
    ("./train.py ev", ["evaluate"]),
    ("./train.py evaluate w", ["with"]),
    ("./train.py --comp", ["--completion"]),
    ("./train.py -F runs evaluate --tag a -l E", ["ERROR"]),
    ("./train.py --loglevel=E", ["--loglevel=ERROR"]),
    ("./train.py with fa", ["fast"]),
    ("./train.py with opt.", ["opt.lr=", "opt.momentum="]),
    ("./train.py -c 'with two words' evaluate with data.", ["data.size="]),
    ("./train.py with ex", []),
    ("./train.py with fast ex", ["extra="]),
    ("./train.py with nesterov=", ["nesterov=False", "nesterov=True"]),
    ("./train.py with opt.lr=", ["opt.lr=0.1"]),
    ("./train.py with broken fa", ["fast"]),
    ("./train.py with ~opt.l", ["~opt.lr"]),
    ("./train.py with fast ~ex", ["~extra"]),
    ("./train.py explain nest", ["nesterov"]),
]

EXPERIMENT = """\
#!{python}
import sys
sys.path.insert(0, {root!r})
from sacred import Experiment, Ingredient

print("noise of the script")
data = Ingredient("data", interactive=True)
data.add_config(size=10)
ex = Experiment("toy", ingredients=[data], save_git_info=False)

@ex.config
def settings():
    opt = {{"lr": 0.1, "momentum": 0.9, "x$(touch executed)": 1, "`touch executed`": 2}}
    nesterov = True

@ex.named_config
def fast():
    "Fewer steps."
    extra = 3

@ex.named_config
def broken():
    raise OSError("no such machine")

@ex.command
def evaluate():
    "Evaluate the model."

@ex.automain
def main(opt):
    open("executed", "w")
"""

Complete = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two stores, and with the program in ``bin``."""
    directory = tmp_path_factory.mktemp("project")
    for name, ids in (("runs", ("1", "12", "3")), ("others", ("77",))):
        store = open_store(directory / name)
        for run_id in ids:
            observer = StoreObserver(store.backend)
            # Nothing that is stored is ever executed, also by a shell.
            odd = {f"$(touch {directory}/executed)": 1, "`touch executed`": 2, "a b": 3}
            drive.start(observer, run_id, config={"opt": {"lr": 0.1, "name": "adam"}, **odd})
            drive.log(observer, {"loss": [1.0]})
            drive.complete(observer, 0.5)
    (directory / ".sacred.toml").write_text('[stores]\nhere = "runs"\nlab = "others"\n')
    (directory / "bin").mkdir()
    program = directory / "bin" / "sacred"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m sacred "$@"\n')
    program.chmod(0o755)
    experiment = directory / "train.py"
    experiment.write_text(EXPERIMENT.format(python=sys.executable, root=str(ROOT)))
    experiment.chmod(0o755)
    for shell in ("bash", "zsh", "fish"):
        script = run(directory, [str(program), "completion", shell])
        of_experiment = run(directory, [str(experiment), "--completion", shell])
        noise, _, of_experiment = of_experiment.partition("\n")
        assert noise == "noise of the script"
        (directory / f"{shell}.script").write_text(script + of_experiment)
    return directory


def environment(directory: Path) -> dict[str, str]:
    path = f"{directory}/bin:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(directory), "LANG": "C.UTF-8", "TERM": "dumb"}


def run(directory: Path, words: list[str]) -> str:
    done = subprocess.run(
        words, cwd=directory, env=environment(directory), capture_output=True, text=True
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_bash(project: Path, line: str, wanted: list[str]) -> None:
    program = f"""
        source bash.script
        COMP_LINE={shlex.quote(line)} COMP_POINT={len(line)} COMP_WORDBREAKS=$' \\t\\n'
        {"_train_py" if "train" in line else "_sacred"}; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    found = run(project, ["bash", "-c", program]).split()
    assert sorted(found) == wanted
    assert not (project / "executed").exists()


@pytest.fixture
def fish() -> None:
    if shutil.which("fish") is None:
        leave_out("there is no fish")


@pytest.fixture
def zsh() -> None:
    if shutil.which("zsh") is None:
        leave_out("there is no zsh")


@pytest.mark.usefixtures("fish")
@pytest.mark.parametrize(
    ("line", "wanted"),
    CASES,
)
def test_fish(project: Path, line: str, wanted: list[str]) -> None:
    program = f"source fish.script; complete -C {shlex.quote(line)}"
    found = [row.split("\t")[0] for row in run(project, ["fish", "-c", program]).splitlines()]
    assert sorted(found) == wanted
    assert not (project / "executed").exists()


def typed(words: list[str], project: Path, before: str, line: str, wanted: str) -> str:
    """What a shell at a terminal makes of a line and a tabulator."""
    terminal, outer = pty.openpty()
    shell = subprocess.Popen(
        words,
        cwd=project,
        env=environment(project),
        stdin=outer,
        stdout=outer,
        stderr=outer,
        start_new_session=True,
    )
    os.close(outer)
    seen = b""

    def until(text: bytes) -> None:
        nonlocal seen
        deadline = time.monotonic() + 60
        while text not in seen:
            assert time.monotonic() < deadline, seen
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 65536)

    try:
        os.write(terminal, f"{before}; echo rea''dy\n".encode())
        until(b"ready")
        seen = b""
        os.write(terminal, f"{line}\t".encode())
        until(wanted.encode())
    finally:
        shell.kill()
        shell.wait()
        os.close(terminal)
    return seen.decode()


TYPED = [
    ("sacred doc", "doctor "),
    ("sacred show best:r", "best:result "),
    ("./train.py with data.", "data.size="),
    (f"{sys.executable} ./train.py with data.s", "data.size="),
    ("python3 train.py with opt.m", "opt.momentum="),
    ("python3 train.py with nesterov=T", "nesterov=True "),
]


@needs_terminals
@pytest.mark.parametrize(("line", "wanted"), TYPED)
def test_bash_at_a_terminal(project: Path, line: str, wanted: str) -> None:
    words = ["bash", "--norc", "--noprofile", "-i"]
    assert wanted in typed(words, project, "source bash.script", line, wanted)


@pytest.mark.usefixtures("zsh")
@needs_terminals
@pytest.mark.parametrize(("line", "wanted"), TYPED)
def test_zsh_at_a_terminal(project: Path, line: str, wanted: str) -> None:
    before = "autoload -Uz compinit; compinit -u; source zsh.script"
    assert wanted in typed(["zsh", "-f", "-i"], project, before, line, wanted)


@pytest.mark.parametrize("words", ["show ", "ls --sort ", "-s "])
def test_what_cannot_be_asked_is_no_error(tmp_path: Path, words: str) -> None:
    line = f"sacred -s mongodb://localhost:1/?serverSelectionTimeoutMS=10 {words}"
    done = subprocess.run(
        [sys.executable, "-m", "sacred", "completion", f"\x1f{line}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unknown_shell(project: Path) -> None:
    for words in (["bin/sacred", "completion", "csh"], ["./train.py", "--completion", "csh"]):
        done = subprocess.run(
            words, cwd=project, env=environment(project), capture_output=True, text=True
        )
        assert done.returncode == 1
        assert "no completion for 'csh', only for bash, fish, zsh" in done.stderr


def cpu_time(project: Path, words: list[str]) -> float:
    """Seconds, the least of some calls."""
    seconds = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(project, words)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds)


@pytest.mark.parametrize("line", ["sacred do", "sacred ls --sor", "./train.py with opt."])
def test_nobody_waits_for_a_completion(project: Path, line: str) -> None:
    python = cpu_time(project, [sys.executable, "-c", "pass"])
    program, argument = (
        ("./train.py", "--completion") if "train" in line else ("bin/sacred", "completion")
    )
    # Four times what it may be on a machine that has nothing else to do.
    assert cpu_time(project, [program, argument, f"\x1f{line}"]) - python < 0.6
