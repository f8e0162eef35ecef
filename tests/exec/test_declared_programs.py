"""Programs that a project file declares: ``sacred exec train with lr=0.1``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sacred.exec.declared_parameters import checked_updates, parameters_in_schema
from sacred.exec.declared_programs import declared_program
from sacred.runs.errors import ProgramError, UsageError
from tests.exec.conftest import Call, last_run

PROJECT = r"""
[stores]
here = "runs"

[programs.train]
command = "echo lr={lr} n={n} name={name} deep={opt.deep}"
help = "train a model"
metrics = ['lr: lr=(\S+)']

[programs.train.parameters]
lr = 0.1
name = {type = "str", help = "what it is called"}
n = {type = "int", default = 3, choices = [1, 2, 3]}
flag = {default = false}

[programs.train.parameters.opt]
deep = {default = 1, min = 0, max = 9}

[programs.any]
command = ["sh", "-c", "pwd; echo $*", "sh"]
arg-style = "equals"
"""


@pytest.fixture(autouse=True)
def project(work: Path) -> Path:
    path = work / ".sacred.toml"
    path.write_text(PROJECT)
    return path


def test_a_declared_program_has_defaults_and_types(sacred: Call) -> None:
    done = sacred("exec", "--quiet", "train", "with", "name=007", "lr=1", "flag=yes", "opt.deep=2")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "lr=1.0 n=3 name=007 deep=2\n"
    run = last_run()
    assert run.name == "train"
    assert run.config["flag"] is True
    assert run.metrics["lr"].last == 1.0


def test_it_runs_in_the_directory_of_the_project_and_takes_more_arguments(
    work: Path, sacred: Call
) -> None:
    (work / "below").mkdir()
    os.chdir(work / "below")
    done = sacred("exec", "--quiet", "any", "with", "x=1", "--", "more")
    assert done.stdout.splitlines() == [str(work), "more x=1"]
    assert last_run(str(work / "runs")).environment["working_directory"] == str(work / "below")


@pytest.mark.parametrize(
    ("words", "messages"),
    [
        (["train"], ["train needs name: with name=..."]),
        (["train", "with", "lrr=1"], ["train has no parameter 'lrr'. Did you mean \"lr\"?"]),
        (["train", "with", "name=x", "n=4"], ["n: 4 is none of 1, 2, 3"]),
        (["train", "with", "name=x", "lr=high"], ["lr: 'high' is no float"]),
        (["train", "with", "opt.deep=10", "n=x"], ["n: 'x' is no int", "deep: 10 is more than 9"]),
        (["train", "with", "name=x", "opt.deep=-1"], ["deep: -1 is less than 0"]),
        (["tran"], ['Did you mean "train"?', "sacred exec -- tran"]),
        (["train", "more"], ["sacred exec -- train more"]),
    ],
)
def test_mistakes_are_told_all_at_once(sacred: Call, words: list[str], messages: list[str]) -> None:
    done = sacred("exec", *words)
    assert done.returncode == 2
    assert all(message in done.stderr for message in messages), done.stderr
    assert not os.path.exists("runs")


def test_programs_are_listed(sacred: Call) -> None:
    lines = sacred("exec", "--programs").stdout.splitlines()
    assert lines[0] == "train  train a model"
    assert "  name: str  what it is called" in lines
    assert "  n: int = 3 (1, 2, 3)" in lines
    assert "  opt.deep: int = 1" in lines
    assert lines[-1] == "any  sh -c 'pwd; echo $*' sh"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sacred exec ", ["train", "any"]),
        ("sacred exec tr", ["train"]),
        ("sacred exec train ", ["with"]),
        ("sacred exec train with ", ["lr=", "name=", "n=", "flag=", "opt.deep="]),
        ("sacred exec train with n", ["name=", "n="]),
        ("sacred exec nope ", []),
    ],
)
def test_shells_complete_programs_and_parameters(
    sacred: Call, line: str, expected: list[str]
) -> None:
    found = sacred("completion", f"\x1f{line}").stdout.splitlines()
    assert [candidate.split("\x1f")[1] for candidate in found] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[programs.x]\n", "needs a command"),
        ("[programs]\nx = 1\n", "must be a table"),
        ("programs = 1\n", "programs must be a table"),
        ("[programs.x]\ncommand = 'a \"b'\n", "No closing quotation"),
        ("[programs.x]\ncommand = 'a'\noutput = ['b']\n", 'Did you mean "outputs"?'),
        ("[programs.x]\ncommand = 'a'\noutputs = 'b'\n", "outputs must be a list of texts"),
        ("[programs.x]\ncommand = 'a'\nhelp = 1\n", "help must be a text"),
        ("[programs.x]\ncommand = 'a'\narg-style = 'dash'\n", "none of double, single"),
        ("[programs.x]\ncommand = 'a'\nparameters = 1\n", "parameters must be a table"),
        ("[programs.x]\ncommand = 'a'\nparameters.n = {type = 'in'}\n", "none of int, float"),
        ("[programs.x]\ncommand = 'a'\nparameters.n = {default = 1, mx = 2}\n", "a key 'mx'"),
        (
            "[programs.x]\ncommand = 'a'\nparameters.n = {default = 4, max = 2}\n",
            "the default of 'n': 4 is more than 2",
        ),
        ("[programs.x]\ncommand = 'a'\nschema = 'nope.json'\n", "nope.json cannot be read"),
    ],
)
def test_mistakes_in_the_project_file_are_told(
    project: Path, sacred: Call, text: str, message: str
) -> None:
    project.write_text(text)
    done = sacred("exec", "x")
    assert done.returncode == 1
    assert str(project) in done.stderr
    assert message in done.stderr


SCHEMA = {
    "type": "object",
    "properties": {
        "lr": {"type": "number", "default": 0.1, "minimum": 0, "description": "learning rate"},
        "kind": {"enum": ["a", "b"], "default": "a"},
        "opt": {"type": "object", "properties": {"n": {"type": "integer", "default": 2}}},
        "tags": {"type": "array", "default": []},
    },
}


def test_a_json_schema_declares_parameters(project: Path, work: Path, sacred: Call) -> None:
    (work / "schema.json").write_text(json.dumps(SCHEMA))
    project.write_text("[programs.x]\ncommand = 'echo {lr} {kind} {opt.n}'\nschema = 'schema.json'")
    done = sacred("exec", "--quiet", "-s", "runs", "x", "with", "opt.n=3")
    assert done.stdout == "0.1 a 3\n"
    rows = list(parameters_in_schema(SCHEMA, "here"))
    assert str(rows[0]) == "lr: float = 0.1  learning rate"
    with pytest.raises(UsageError, match="none of 'a', 'b'"):
        checked_updates(rows, {"kind": "c"}, "x")


def test_a_program_may_be_declared_in_pyproject(project: Path, work: Path, sacred: Call) -> None:
    project.unlink()
    (work / "pyproject.toml").write_text("[tool.sacred.programs.x]\ncommand = 'echo hi'\n")
    assert sacred("exec", "--quiet", "x").stdout == "hi\n"


def test_a_wrong_default_in_a_schema_is_told() -> None:
    content = {"command": "a", "parameters": {"n": {"type": "int", "default": "x"}}}
    with pytest.raises(ProgramError, match="'x' is no int"):
        declared_program("a", content, "/p/.sacred.toml")
