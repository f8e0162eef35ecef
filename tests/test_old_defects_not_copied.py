"""Known defects of the old library that are not copied, end to end.

More of them stand beside the rooms that they concern; these need a whole run.
"""

from __future__ import annotations

import json
import math
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred.observers import FileStorageObserver
from sacred.serializer import restore

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]

QUIET = {"--loglevel": "CRITICAL"}


@pytest.fixture
def ex(tmp_path: Path) -> Experiment:
    """An experiment that records into ``runs``."""
    experiment = Experiment("test", interactive=True)
    experiment.observers.append(FileStorageObserver(tmp_path / "runs"))
    return experiment


def stored(tmp_path: Path, name: str) -> Any:
    """A file of the first run."""
    return json.loads((tmp_path / "runs/1" / name).read_text())


OUTPUT = """\
import os, subprocess, sys
from sacred import Experiment
from sacred.observers import FileStorageObserver

ex = Experiment("output")
ex.observers.append(FileStorageObserver("runs"))


@ex.automain
def main(ending):
    for number in range(300):
        print("out", number)
        print("err", number, file=sys.stderr)
    sys.stdout.flush()
    subprocess.run(["echo", "from a child"])
    os.write(1, b"by descriptor\\n")
    print("last line without an end", end="")
    if ending == "fail":
        raise ValueError("the reason")
    if ending == "exit":
        sys.exit(3)
"""


@pytest.mark.parametrize("ending", ["return", "fail", "exit"])
def test_all_output_is_stored_in_order(run_script: RunScript, tmp_path: Path, ending: str) -> None:
    """Of completed, failed and exited runs alike, though stdout and stderr go apart."""
    done = run_script(OUTPUT, "with", f"ending={ending}", "-l", "CRITICAL", "-f")
    text = (tmp_path / "runs/1/cout.txt").read_text()
    wanted = "".join(f"out {n}\nerr {n}\n" for n in range(300))
    wanted += "from a child\nby descriptor\nlast line without an end"
    record = stored(tmp_path, "run.json")
    if ending != "return":
        wanted += "\n" + "".join(record["fail_trace"])
    assert text == wanted
    assert done.stdout.startswith("".join(f"out {n}\n" for n in range(300)))
    assert done.stdout.endswith("from a child\nby descriptor\nlast line without an end")
    assert done.stderr.startswith("".join(f"err {n}\n" for n in range(300)))
    assert record["status"] == ("COMPLETED" if ending == "return" else "FAILED")
    if ending == "fail":
        assert "ValueError: the reason" in record["fail_trace"][-1]


def test_info_may_change_during_a_heartbeat(ex: Experiment, tmp_path: Path) -> None:
    """A consistent snapshot is taken, while a thread of the user's writes all the time."""

    @ex.main
    def main(_run: Any) -> int:
        stop = threading.Event()
        count = 0

        def write() -> None:
            nonlocal count
            while not stop.is_set():
                _run.info.setdefault("d", {})[str(count)] = [count]
                count += 1

        writer = threading.Thread(target=write)
        writer.start()
        stop.wait(0.15)
        stop.set()
        writer.join()
        return count

    run = ex.run(options={**QUIET, "--beat-interval": "0.01"})
    assert len(stored(tmp_path, "info.json")["d"]) == run.result


def test_results_are_plain_numbers(ex: Experiment, tmp_path: Path) -> None:
    """numpy scalars, NaN and int keys come back as what they were."""
    numpy = pytest.importorskip("numpy")

    @ex.main
    def main(_run: Any) -> Any:
        _run.info[1] = {2: numpy.int64(3)}
        _run.log_scalar("loss", float("nan"))
        _run.log_scalar("loss", numpy.float32(0.5))
        _run.log_scalar("loss", float("-inf"))
        return numpy.float64(0.5)

    ex.run(options=QUIET)
    assert stored(tmp_path, "run.json")["result"] == 0.5
    values = restore(stored(tmp_path, "metrics.json")["loss"]["values"])
    assert math.isnan(values[0])
    assert values[1:] == [0.5, float("-inf")]
    assert restore(stored(tmp_path, "info.json")) == {1: {2: 3}}


LATE = """\
from sacred import Experiment
from sacred.observers import FileStorageObserver

ex = Experiment("late")
ex.observers.append(FileStorageObserver("runs"))

import helper_after_definition


@ex.automain
def main():
    global helper_during_run
    import helper_during_run
"""


def test_sources_imported_late_are_recorded(run_script: RunScript, tmp_path: Path) -> None:
    """They are looked for again when the run starts, and when it ends."""
    (tmp_path / "helper_after_definition.py").write_text("a = 1\n")
    (tmp_path / "helper_during_run.py").write_text("b = 1\n")
    done = run_script(LATE)
    assert done.returncode == 0, done.stderr
    sources = dict(stored(tmp_path, "run.json")["experiment"]["sources"])
    assert set(sources) == {"script.py", "helper_after_definition.py", "helper_during_run.py"}
    for name, copy in sources.items():
        assert (tmp_path / "runs" / copy).read_text() == (tmp_path / name).read_text()


def test_automain_in_a_notebook_is_a_clear_error() -> None:
    """There is no script to be the main one."""
    ex = Experiment("notebook", interactive=True)
    with pytest.raises(
        RuntimeError, match=r"Cannot use @ex\.automain decorator in interactive mode"
    ):
        ex.automain(lambda: None)


def test_definition_without_a_script_needs_interactive(run_script: RunScript) -> None:
    """In a REPL: a RuntimeError that says what to do."""
    done = run_script(
        "namespace = {'__name__': '__main__'}\n"
        "exec('from sacred import Experiment; Experiment()', namespace)\n"
    )
    assert "sacred.utils.ExperimentSetupError: No main-script found" in done.stderr
    assert "interactive=True" in done.stderr


def test_queue_from_another_directory(run_script: RunScript, tmp_path: Path) -> None:
    """``-q`` stores the run wherever it was called from."""
    (tmp_path / "elsewhere").mkdir()
    script = tmp_path / "elsewhere" / "exp.py"
    script.write_text(LATE.replace("import helper_after_definition", ""))
    done = run_script(script, "-q")
    assert done.returncode == 0, done.stderr
    assert stored(tmp_path, "run.json")["status"] == "QUEUED"


HOSTILE = """{"a": {"py/reduce": [{"py/type": "os.system"}, {"py/tuple": ["touch hacked"]}]}}"""


@pytest.mark.parametrize(
    "how",
    [
        ["with", "a={'py/reduce': [{'py/type': 'os.system'}, {'py/tuple': ['touch hacked']}]}"],
        ["with", "hostile.json"],
        ["with", "hostile.yaml"],
    ],
)
def test_nothing_from_outside_is_executed(
    run_script: RunScript, tmp_path: Path, how: list[str]
) -> None:
    """Only plain data and an allow-list come from a command line or a config file."""
    (tmp_path / "hostile.json").write_text(HOSTILE)
    (tmp_path / "hostile.yaml").write_text('a: !!python/object/apply:os.system ["touch hacked"]')
    script = (
        "from sacred import Experiment\nex = Experiment('t')\nex.add_config(a=1)\n"
        "@ex.automain\ndef main(a):\n    print('ran with', a)\n"
    )
    done = run_script(script, *how)
    assert done.returncode == 1
    assert not (tmp_path / "hacked").exists()
    assert "ran with" not in done.stdout
    assert "Traceback" not in done.stderr, done.stderr


def test_user_mistakes_with_artifacts_reach_the_user(ex: Experiment, tmp_path: Path) -> None:
    """A reserved name raises where it was used; the record stays whole, the rest is stored."""
    (tmp_path / "file.txt").write_text("content")

    @ex.main
    def main(_run: Any) -> None:
        with pytest.raises(FileExistsError, match=r"run\.json"):
            _run.add_artifact(tmp_path / "file.txt", name="run.json")
        _run.add_artifact(tmp_path / "file.txt", name="deep/er/file.txt")

    ex.run(options=QUIET)
    record = stored(tmp_path, "run.json")
    assert record["status"] == "COMPLETED"
    assert record["artifacts"] == ["deep/er/file.txt"]
    assert (tmp_path / "runs/1/deep/er/file.txt").read_text() == "content"


def test_a_source_edited_during_the_run_stays_as_it_ran(
    run_script: RunScript, tmp_path: Path
) -> None:
    """The digest and the copy are those of what was imported."""
    (tmp_path / "helper_after_definition.py").write_text("a = 1\n")
    edit = "    open('helper_after_definition.py', 'w').write('changed')\n"
    done = run_script(LATE.replace("    import helper_during_run\n", edit))
    assert done.returncode == 0, done.stderr
    sources = dict(stored(tmp_path, "run.json")["experiment"]["sources"])
    copy = tmp_path / "runs" / sources["helper_after_definition.py"]
    assert copy.read_text() == "a = 1\n"
