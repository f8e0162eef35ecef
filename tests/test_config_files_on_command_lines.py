"""``with @file.yaml``, and that secrets of config files are written and printed nowhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sacred import SETTINGS, Experiment
from tests.recorder import Recorder

SECRET = "MARKED-s3cr3t"
SCRIPT = """
import sys
from sacred import Experiment, Ingredient

data = Ingredient("data")
data.add_config(path="x")
ex = Experiment("files", ingredients=[data])


@ex.config
def entries():
    lr, n, password, base = 0.1, 1, "", "resnet"
    opts = {"url": ""}


@ex.named_config
def fast():
    n = 100


ex.named_configs["@fast.x"] = ex.named_configs.pop("fast")


@ex.automain
def main(lr, n, password, opts, base, _config, _run):
    print(lr, n, base, len(password), repr(password), opts, _config)
    _run.info["config"] = _config
    _run.info["password"] = password
    return {"password": [password]} if n == 2 else password
"""
FILES = {
    "site.toml": "lr = 0.5\n[opts]\nurl = 'pg://me:${secret:PW}@h'\n",
    "x.yaml": "base: site.toml\nn: ${env:N,7}\npassword: ${secret:PW}\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"train.py": SCRIPT, **FILES}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def train(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    argv = [sys.executable, "train.py", *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, env=env)


@pytest.mark.usefixtures("project")
def test_a_file_with_includes_and_updates_that_win() -> None:
    done = train("-l", "ERROR", "with", "@x.yaml", "lr=0.25", PW=SECRET)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"0.25 7 resnet {len(SECRET)} '${{secret:PW}}'")
    assert "seed" in done.stdout


@pytest.mark.usefixtures("project")
def test_a_named_config_with_an_at_means_what_it_meant() -> None:
    done = train("-l", "ERROR", "with", "@fast.x")
    assert done.stdout.startswith("0.1 100 resnet 0"), done.stderr


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["@y.yaml"], ["'y.yaml': there is no such file", 'Did you mean "x.yaml"']),
        (["@x.yaml"], ['"PW"', '"opts.url"', "'site.toml'"]),
        (["lr=1", "lr.x=2"], ["In 'lr.x=2': another update sets 'lr' to 1"]),
    ],
)
def test_bad_input_is_one_message(words: list[str], parts: list[str]) -> None:
    done = train("with", *words)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for part in parts:
        assert part in done.stderr


def test_a_secret_is_written_and_printed_nowhere(project: Path) -> None:
    outputs = []
    stores = ("-F", "runs", "-s", "sqlite:///runs.db", "-t", "tiny")
    for number, words in enumerate((
        [*stores, "-l", "DEBUG", "with", "@x.yaml"],
        [*stores, "with", "@x.yaml", "n=2", "-p"],
        ["print_config", "with", "@x.yaml"],
        ["save_config", "with", "@x.yaml", "seed=1"],
        ["save_config", "with", "@x.yaml", "config_filename=c.yaml"],
        ["save_config", "with", "@x.yaml", "config_filename=c.pickle"],
        ["with", "@x.yaml", "nobody.takes=3"],
        ["with", "@x.yaml", "password=5"],
        ["with", "@x.yaml", "password.x=5"],
        [*stores, "with", "config.json", "opts=5"],
    )):  # fmt: skip
        done = train(*words, PW=SECRET)
        assert number > 5 or done.returncode == 0, done.stderr
        outputs.append(done.stdout + done.stderr)
    assert "${secret:PW}" in outputs[0]
    assert SECRET not in "".join(outputs)
    written = [path for path in project.rglob("*") if path.is_file()]
    assert len(written) > 15
    assert [path for path in written if SECRET.encode() in path.read_bytes()] == []
    assert "${secret:PW}" in (project / "runs/1/config.json").read_text()
    # What is saved gives the run the value again.
    again = train("-l", "ERROR", "with", "config.json", PW=SECRET)
    assert f" {len(SECRET)} '${{secret:PW}}'" in again.stdout


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("read_only", [True, False])
def test_events_have_names_and_functions_values(monkeypatch: Any, read_only: bool) -> None:
    monkeypatch.setenv("PW", SECRET)
    monkeypatch.setattr(SETTINGS.CONFIG, "READ_ONLY_CONFIG", read_only)
    ex = Experiment("events", interactive=True)
    ex.add_config("@x.yaml")
    ex.observers.append(recorder := Recorder())
    seen = []

    @ex.main
    def main(password: str, opts: Any, _config: Any, _run: Any) -> str:
        seen.extend([password, opts["url"], _config["password"]])
        assert _run.config["password"] == "${secret:PW}"
        return password

    assert ex.run().result == "${secret:PW}"
    assert seen == [SECRET, f"pg://me:{SECRET}@h", SECRET]
    assert recorder.last("started_event")["config"]["password"] == "${secret:PW}"
    assert SECRET not in "".join(f"{k}={v}" for _, call in recorder.calls for k, v in call.items())


def test_a_spool_has_names_of_secrets(project: Path) -> None:
    """What could not be stored is kept in a file."""
    broken = SCRIPT.replace(
        "    print(lr",
        "    import pathlib, shutil\n"
        "    shutil.rmtree('runs/1')\n"
        "    pathlib.Path('runs/1').write_text('')\n"
        "    print(lr",
    )
    (project / "train.py").write_text(broken)
    home = str(project / "home")
    places = {"HOME": home, "XDG_DATA_HOME": home, "XDG_CACHE_HOME": home, "XDG_STATE_HOME": home}
    done = train("-F", "runs", "with", "@x.yaml", PW=SECRET, **places)
    [spool] = (project / "home").rglob("record.jsonl")
    assert "${secret:PW}" in spool.read_text()
    assert SECRET not in spool.read_text() + done.stdout + done.stderr


def test_an_at_sign_alone_names_no_file(run_script):
    script = (
        "from sacred import Experiment\n"
        "ex = Experiment('at')\n"
        "@ex.automain\n"
        "def main():\n"
        "    pass\n"
    )
    done = run_script(script, "with", "@")
    assert done.returncode == 1
    assert 'Named config not found: "@"' in done.stderr
    assert "Traceback" not in done.stderr
