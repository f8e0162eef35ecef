"""``sacred exec``: programs in C, shell and Python as runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.exec.conftest import Call, compiled, last_run

TRAINER = r"""
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words) {
    double lr = atof(words[1]);
    for (int i = 0; i < 3; i++) printf("step %d loss=%g\n", i, lr / (i + 1));
    FILE *file = fopen("model.bin", "w");
    fprintf(file, "%g", lr);
    fclose(file);
    fprintf(stderr, "done\n");
    return 0;
}
"""
PYTHON = sys.executable


def sh(text: str) -> list[str]:
    return ["--", "sh", "-c", text]


# ------------------------------------------------------------------------ the record


def test_a_c_program_is_a_run_like_any_other(work: Path, sacred: Call) -> None:
    program = compiled(TRAINER, work)
    options = ["--metric", r"loss: step (?P<step>\d+) loss=(\S+)", "--output", "*.bin"]
    done = sacred("exec", "with", "lr=0.5", *options, "--", program, "{lr}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "step 0 loss=0.5"
    assert "run 1 of file:runs: COMPLETED" in done.stderr
    assert "WARNING" not in done.stderr
    run = last_run()
    assert (run.status, run.name, run.command) == ("COMPLETED", "prog", "exec")
    assert run.config["lr"] == 0.5
    assert "step 2 loss=0.166667" in run.output
    assert "done" in run.output
    assert run.metrics["loss"].steps.tolist() == [0, 1, 2]
    assert run.artifacts["model.bin"].read() == b"0.5"
    assert run.info["exit_status"] == 0
    made_of = run.environment["program"]
    assert made_of["words"] == ["./prog", "{lr}"]
    assert made_of["arguments"] == ["./prog", "0.5"]
    assert made_of["executable"] == str(work / "prog")
    assert any("libc.so" in library for library in made_of["libraries"])


@pytest.mark.parametrize("store", ["sqlite:///runs.db", "tinydb:tiny", "file:runs", "mongodb"])
def test_it_is_the_same_in_every_store(
    sacred: Call, store: str, request: pytest.FixtureRequest
) -> None:
    if store == "mongodb":
        host, port, database = request.getfixturevalue("mongo_url").split(":")
        store = f"mongodb://{host}:{port}/{database}"
    Path("in.txt").write_text("data")
    text = (
        'cat in.txt; echo x > "$SACRED_RUN_DIR/made.txt"; echo \'{"acc": 0.5}\' > $SACRED_METRICS'
    )
    done = sacred("exec", "-s", store, "--input", "in.txt", "--tag", "t", *sh(text))
    assert done.returncode == 0, done.stderr
    run = last_run(store)
    assert run.output == "data"
    assert run.artifacts["made.txt"].text() == "x\n"
    assert [file.text() for file in run.resources.values()] == ["data"]
    assert run.metrics["acc"].last == 0.5
    assert run.environment["program"]["arguments"][-1] == text
    assert run.tags == ("t",)


def test_the_script_behind_an_interpreter_is_a_source(work: Path, sacred: Call) -> None:
    (work / "train.py").write_text("print('hello')")
    assert sacred("exec", "--", PYTHON, "-u", "train.py").returncode == 0
    run = last_run()
    assert run.sources["train.py"].text() == "print('hello')"
    assert run.experiment["mainfile"] == "train.py"
    assert run.environment["program"]["version"].startswith("Python 3.")
    assert not run.dependencies


def test_a_secret_among_the_arguments_is_masked(sacred: Call) -> None:
    done = sacred("exec", "with", "api_key=abcdefgh123", "--", "echo", "api_key={api_key}")
    assert "api_key=abcdefgh123" in done.stdout
    assert last_run().environment["program"]["arguments"] == ["echo", "api_key=***"]


# ------------------------------------------------------------------------ exit status


@pytest.mark.parametrize(
    ("text", "status"),
    [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -9 $$", 137), ("kill -TERM $$", 143)],
)
def test_the_exit_status_is_that_of_the_program(sacred: Call, text: str, status: int) -> None:
    done = sacred("exec", *sh(text))
    assert done.returncode == status
    run = last_run()
    assert run.status == ("FAILED" if status else "COMPLETED")
    assert run.info["exit_status"] == status
    if status:
        assert run.fail_trace is not None
        assert run.fail_trace.count("\n") == 1
        assert f"exited with {status}" in run.fail_trace


def test_a_program_that_is_not_there_makes_no_run(sacred: Call) -> None:
    done = sacred("exec", "--", "no-such-program")
    assert done.returncode == 127
    assert "there is no program 'no-such-program'" in done.stderr
    assert not os.path.exists("runs")


def test_a_file_that_cannot_be_executed_fails_with_126(work: Path, sacred: Call) -> None:
    (work / "prog").write_bytes(b"\x7fELF nothing of the kind")
    (work / "prog").chmod(0o755)
    assert sacred("exec", "--", "./prog").returncode == 126


@pytest.mark.parametrize("text", ["x\\0y", "x\\ud800y"])
@pytest.mark.parametrize("words", [("echo", "{a}"), ("true",)])
def test_a_text_that_no_program_can_be_given(
    sacred: Call, text: str, words: tuple[str, ...]
) -> None:
    done = sacred("exec", "with", f"a='{text}'", "--", *words)
    if words == ("true",) and text == "x\\0y":
        assert done.returncode == 0  # a variable has it without its NUL
        return
    assert done.returncode == 126
    assert "no program can be given 'x" in str(last_run().fail_trace)
    assert last_run().status == "FAILED"


def with_default_interrupt() -> None:
    # Background jobs of a shell ignore it, and so would this test's children.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_program_and_what_it_made_is_kept(
    work: Path, signum: int, status: int
) -> None:
    text = (
        'trap "echo told; exit 9" TERM INT; echo part > "$SACRED_RUN_DIR/part.txt"; '
        "touch started; while :; do sleep 0.05; done"
    )
    process = subprocess.Popen(
        [PYTHON, "-m", "sacred", "exec", *sh(text)],
        preexec_fn=with_default_interrupt,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (work / "started").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signum)
    assert process.wait(60) == status
    run = last_run()
    assert run.status == "INTERRUPTED"
    assert "told" in run.output
    assert run.artifacts["part.txt"].text() == "part\n"


# ------------------------------------------------------------------------ parameters


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("double", "a --flag --lr 0.1 --name x y"),
        ("single", "a -flag -lr 0.1 -name x y"),
        ("plain", "a flag true lr 0.1 name x y off false"),
        ("equals", "a flag=true lr=0.1 name=x y off=false"),
    ],
)
def test_parameters_become_arguments(sacred: Call, style: str, expected: str) -> None:
    updates = ["lr=0.1", "flag=True", "off=False", "name=x y"]
    done = sacred("exec", "--quiet", "--arg-style", style, "with", *updates, "--", "echo", "a")
    assert done.stdout.strip() == expected


def test_fields_of_arguments_and_variables(sacred: Call) -> None:
    text = "echo {opt.lr} {seed} {run_id} $SACRED_PARAM_opt__lr $SACRED_SEED $SACRED_RUN_ID {print}"
    done = sacred("exec", "--quiet", "with", "opt.lr=1e-3", "seed=7", *sh(text))
    assert done.stdout.split() == ["0.001", "7", "1", "0.001", "7", "1", "{print}"]


def test_a_misspelt_field_is_refused_before_the_run(sacred: Call) -> None:
    done = sacred("exec", "with", "rate=0.1", "--", "echo", "{rat}")
    assert done.returncode == 2
    assert 'Did you mean "rate"?' in done.stderr
    assert not os.path.exists("runs")


FILES = {
    "p.json": '{"opt": {"lr": 0.5, "n": 3}, "name": "x"}',
    "p.toml": 'name = "x"  # kept\n[opt]\nlr = 0.5\nn = 3\n',
    "p.yaml": "name: x\nopt: {lr: 0.5, n: 3}\n",
    "p.ini": "[opt]\nlr = 0.5\nn = 3\n[top]\nname = x\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_parameter_file_is_rewritten_for_the_run(work: Path, sacred: Call, name: str) -> None:
    (work / name).write_text(FILES[name])
    done = sacred("exec", "--quiet", "--config-file", name, "with", "opt.lr=0.1", "--", "cat", name)
    assert done.returncode == 0, done.stderr
    assert (work / name).read_text() == FILES[name]
    (work / f"made_{name}").write_text(done.stdout)
    again = sacred("exec", "--quiet", "--config-file", f"made_{name}", "--", "true")
    assert again.returncode == 0, again.stderr
    assert last_run().config["opt"] == {"lr": 0.1, "n": 3}


def test_an_unchanged_parameter_file_is_copied_as_it_is(work: Path, sacred: Call) -> None:
    (work / "p.toml").write_text(FILES["p.toml"])
    done = sacred("exec", "--quiet", "--config-file", "p.toml", "--", "cat", "{config_file}")
    assert done.stdout == FILES["p.toml"]


def test_what_a_parameter_file_does_not_have_is_a_mistake(work: Path, sacred: Call) -> None:
    (work / "p.json").write_text(FILES["p.json"])
    done = sacred("exec", "--config-file", "p.json", "with", "opt.lrr=0.1", "--", "cat", "p.json")
    assert done.returncode == 1
    assert 'Did you mean "opt.lr"' in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--config-file", "p.txt", "--", "true"], "no parameter file"),
        (["true"], "sacred exec -- true"),
        (["--"], "which program?"),
        (["with", "lr", "--", "true"], "Behind with stand parameters"),
        (["--metric", "loss", "--", "true"], "NAME: REGEX"),
        (["--metric", "loss: (", "--", "true"], "the pattern of the metric 'loss'"),
        (["--metric", "loss: x", "--", "true"], "has no group"),
        (["--metric", r"loss: (?P<step>\d)", "--", "true"], "has no group"),
        (["--input", "nope", "--", "true"], "there is no file 'nope'"),
        (["--rev", "HEAD", "--", "true"], "not a git repository"),
        (["--on-dirty", "refuse", "--", "true"], "no commit"),
    ],
)
def test_mistakes_are_told_before_the_run(sacred: Call, words: list[str], message: str) -> None:
    done = sacred("exec", *words)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert not os.path.exists("runs")


# ------------------------------------------------------------------------ metrics, files


def test_json_lines_are_metrics_and_the_result(
    sacred: Call, caplog: pytest.LogCaptureFixture
) -> None:
    lines = [
        '{"loss": 0.5, "acc": 0.1, "step": 10}',
        '{"name": "loss", "value": 0.25, "step": 20}',
        "no json",
        '{"loss": "high"}',
        '{"result": 0.9}',
    ]
    text = "; ".join(f"echo '{line}' >> $SACRED_METRICS" for line in lines)
    done = sacred("exec", *sh(text))
    assert done.returncode == 0
    run = last_run()
    assert run.metrics["loss"].steps.tolist() == [10, 20]
    assert run.metrics["loss"].values.tolist() == [0.5, 0.25]
    assert run.metrics["acc"].last == 0.1
    assert run.result == 0.9
    assert "'no json'" in caplog.text
    assert "'loss' is no number" in caplog.text


def test_metrics_come_while_the_program_runs(work: Path, sacred: Call) -> None:
    (work / "prog.py").write_text(
        "import os, time\n"
        "print('loss=1', flush=True)\n"
        "open(os.environ['SACRED_METRICS'], 'a').write('{\"acc\": 2}\\n')\n"
        "deadline = time.time() + 60\n"
        "while not os.path.exists('seen') and time.time() < deadline: time.sleep(0.05)\n"
        "print('late', time.time() > deadline)\n"
    )
    words = ["exec", "--metric", r"loss: loss=(\S+)", "--", PYTHON, "prog.py"]
    process = subprocess.Popen([PYTHON, "-m", "sacred", *words])
    deadline = time.monotonic() + 50
    while True:
        assert time.monotonic() < deadline
        time.sleep(0.2)
        metrics = Path("runs/1/metrics.json")
        if metrics.exists() and {"loss", "acc"} <= json.loads(metrics.read_text() or "{}").keys():
            break
    (work / "seen").touch()
    assert process.wait(60) == 0
    assert "late False" in last_run().output


def test_csv_files_are_metrics(sacred: Call) -> None:
    table = "Epoch,loss,name\\n1,0.5,a\\n2,0.25,b\\n3,,c"
    done = sacred("exec", "--metrics-file", "log.csv", *sh(f"printf '{table}' > log.csv"))
    assert done.returncode == 0, done.stderr
    metrics = last_run().metrics
    assert list(metrics) == ["loss"]
    assert metrics["loss"].steps.tolist() == [1, 2]


def test_a_file_of_metrics_that_never_came_is_told(
    sacred: Call, caplog: pytest.LogCaptureFixture
) -> None:
    done = sacred("exec", "--metrics-file", "log.csv", "--", "true")
    assert done.returncode == 0
    assert "There is no file of metrics" in caplog.text


def test_event_files_of_tensorboard_are_metrics(work: Path, sacred: Call) -> None:
    writer = pytest.importorskip("tensorboardX").SummaryWriter(str(work / "written" / "train"))
    for step in range(3):
        writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_text("note", "no metric", step)
    writer.close()
    done = sacred("exec", "--metrics-file", "logs", *sh("cp -r written logs"))
    assert done.returncode == 0, done.stderr
    metric = last_run().metrics["train/loss"]
    assert metric.steps.tolist() == [0, 1, 2]
    assert metric.values.tolist() == pytest.approx([1, 1 / 2, 1 / 3])


def test_only_files_that_were_written_are_artifacts(work: Path, sacred: Call) -> None:
    (work / "old.bin").write_text("old")
    (work / "changed.bin").write_text("old")
    text = "echo new > new.bin; echo longer > changed.bin; mkdir -p d; echo x > d/e.bin"
    assert sacred("exec", "--output", "**/*.bin", *sh(text)).returncode == 0
    assert sorted(last_run().artifacts) == ["changed.bin", "d/e.bin", "new.bin"]


def test_names_that_a_store_needs_itself_get_another_place(sacred: Call) -> None:
    text = 'echo mine > "$SACRED_RUN_DIR/config.json"'
    done = sacred("exec", *sh(text))
    assert done.returncode == 0, done.stderr
    run = last_run()
    assert run.artifacts["program/config.json"].text() == "mine\n"
    assert "seed" in run.config


# ------------------------------------------------------------------------ repositories


def git(*words: str) -> None:
    who = ["-c", "user.name=me", "-c", "user.email=me@here"]
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


def test_commit_and_changes_are_recorded_or_refused(work: Path, sacred: Call) -> None:
    git("init", "-q")
    (work / "a.txt").write_text("one\n")
    git("add", "a.txt")
    git("commit", "-qm", "first")
    (work / "a.txt").write_text("two\n")
    assert sacred("exec", "--", "cat", "a.txt").returncode == 0
    run = last_run()
    [repository] = run.repositories
    assert repository["dirty"] is True
    assert "+two" in run.environment["repositories"][0]["diff"]
    done = sacred("exec", "--on-dirty", "refuse", "--", "cat", "a.txt")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there are uncommitted changes" in done.stderr
    assert last_run().id == run.id


def test_an_older_commit_runs_in_a_scratch_directory(work: Path, sacred: Call) -> None:
    git("init", "-q")
    (work / "sub").mkdir()
    (work / "sub" / "a.txt").write_text("one\n")
    git("add", "sub")
    git("commit", "-qm", "first")
    (work / "sub" / "a.txt").write_text("two\n")
    git("commit", "-qam", "second")
    os.chdir("sub")
    done = sacred(
        "exec", "--quiet", "-s", str(work / "runs"), "--rev", "HEAD~1", "--", "cat", "a.txt"
    )
    assert (done.returncode, done.stdout) == (0, "one\n")
    assert (work / "sub" / "a.txt").read_text() == "two\n"
    [repository] = last_run(str(work / "runs")).repositories
    first = subprocess.run(["git", "rev-parse", "HEAD~1"], capture_output=True, text=True).stdout
    assert (repository["commit"], repository["dirty"]) == (first.strip(), False)
    shown = subprocess.run(["git", "worktree", "list"], capture_output=True, text=True).stdout
    assert len(shown.splitlines()) == 1
    assert sacred("exec", "--rev", "nope", "--", "true").returncode == 1
