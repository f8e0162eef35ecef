"""What is recorded of the environment of a run, for whoever repeats it."""

from __future__ import annotations

import platform
import subprocess

import pytest

from sacred import open_store
from sacred._base.masking import mask_secret_values
from sacred.dependencies.git import MAX_DIFF_BYTES
from sacred.upkeep import copy_runs

SCRIPT = """\
import os, sys, types
from sacred import Experiment

ex = Experiment("env"{options})

@ex.automain
def main():
    os.chdir("/")
    sys.argv[:] = ["changed"]
    torch = sys.modules["torch"] = types.ModuleType("torch")
    torch.get_num_threads = lambda: 3
"""
ME = ["-c", "user.name=me", "-c", "user.email=me@here"]


@pytest.fixture
def git(tmp_path):
    def call(*words):
        subprocess.run(["git", *ME, *words], cwd=tmp_path, check=True, capture_output=True)

    return call


@pytest.fixture
def environment(tmp_path, run_script):
    """Run the script and return what is recorded of its environment."""

    def record(options="", *words, **env):
        path = tmp_path / "script.py"
        path.write_text(SCRIPT.replace("{options}", options))
        done = run_script(path, "-F", "runs", *words, **env)
        assert done.returncode == 0, done.stderr
        return open_store(str(tmp_path / "runs"))[1].environment

    return record


@pytest.fixture
def repository(tmp_path, git):
    (tmp_path / "script.py").write_text(SCRIPT.replace("{options}", ""))
    (tmp_path / "data.csv").write_text("1,2\n")
    git("init", "-q")
    git("add", "script.py", "data.csv")
    git("commit", "-qm", "first")
    return tmp_path


def test_it_has_interpreter_packages_and_how_the_run_was_started(environment, tmp_path):
    found = environment("", "-c", "hello")
    assert found.python.version == platform.python_version()
    assert any(entry.startswith("jsonpickle==") for entry in found.packages)
    assert list(found.packages) == sorted(found.packages)
    assert found.working_directory == str(tmp_path)
    assert list(found.arguments)[1:] == ["-F", "runs", "-c", "hello"]


def test_loaded_libraries_say_what_they_were_at_the_end(environment):
    assert environment().libraries.torch.threads == 3


@pytest.mark.parametrize(
    ("variables", "seed"),
    [({}, "random"), ({"PYTHONHASHSEED": "0"}, "0"), ({"PYTHONHASHSEED": "7"}, "7")],
)
def test_it_has_the_seed_of_hashes(environment, variables, seed):
    assert environment("", **variables).hash_seed == seed


def test_only_variables_that_change_results_are_recorded(environment):
    found = environment("", OMP_NUM_THREADS=2, AWS_SECRET_ACCESS_KEY="s3cr3t")
    assert found.variables["OMP_NUM_THREADS"] == "2"
    assert "s3cr3t" not in str(found)


def test_passwords_of_arguments_are_masked(environment):
    found = environment("", "-c", "see https://me:s3cr3t@host/x and api_key=abcdef12")
    assert "s3cr3t" not in str(found.arguments)
    assert "abcdef12" not in str(found.arguments)


def test_a_clean_repository_has_no_diff(environment, repository):
    [entry] = environment().repositories
    assert entry.root == str(repository)
    assert "diff" not in entry


def test_a_dirty_repository_has_one_that_can_be_applied(environment, repository, git):
    (repository / "data.csv").write_text("1,3\n")
    [entry] = environment().repositories
    assert "-1,2\n+1,3\n" in entry.diff
    assert entry.diff_is_whole
    git("checkout", "data.csv")
    subprocess.run(["git", "apply"], input=entry.diff, cwd=repository, text=True, check=True)
    assert (repository / "data.csv").read_text() == "1,3\n"


def test_secrets_in_a_diff_are_masked(environment, repository):
    (repository / "data.csv").write_text("api_key = 'abcdef12'\nhttps://me:s3cr3t@host/x\n")
    [entry] = environment().repositories
    assert "abcdef12" not in entry.diff
    assert "s3cr3t" not in entry.diff
    assert not entry.diff_is_whole


def test_a_long_diff_is_cut(environment, repository):
    (repository / "data.csv").write_text("123456789\n" * (MAX_DIFF_BYTES // 5))
    [entry] = environment().repositories
    assert MAX_DIFF_BYTES - 4 <= len(entry.diff.encode()) <= MAX_DIFF_BYTES
    assert not entry.diff_is_whole


def test_without_git_information_there_is_no_diff(environment, repository):
    (repository / "data.csv").write_text("1,3\n")
    assert "repositories" not in environment(", save_git_info=False")


def test_copies_keep_it(environment, tmp_path):
    found = environment()
    target = open_store(f"sqlite:///{tmp_path}/runs.db")
    copy_runs(open_store(str(tmp_path / "runs")), target)
    assert target[1].environment == found


def test_records_without_it_have_an_empty_one(environment, tmp_path):
    environment()
    (tmp_path / "runs/1/_environment.json").unlink()
    assert not open_store(str(tmp_path / "runs"))[1].environment


def test_a_failure_to_describe_it_is_a_warning(tmp_path, run_script):
    text = SCRIPT.replace("{options}", "").replace(
        "os.chdir", "import platform; platform.python_version = None; os.chdir"
    )
    done = run_script(text, "-F", "runs")
    assert done.returncode == 0
    assert "The environment is not recorded" in done.stderr
    assert open_store(str(tmp_path / "runs"))[1].status == "COMPLETED"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("password: 'a b'", "password: ***"),
        ('"DB_PASSWORD": "hunter2"', '"DB_PASSWORD": ***'),
        ("ACCESS_KEY=AKIA1234", "ACCESS_KEY=***"),
        ("num_tokens = 12", "num_tokens = 12"),
        ("token = get_token()", "token = get_token()"),
    ],
)
def test_secret_values(text, masked):
    assert mask_secret_values(text) == masked
