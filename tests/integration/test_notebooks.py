"""What notebooks show and do, in a real kernel where there is one."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment, open_store
from sacred.lifecycle.metric_sketch import MetricSketch
from sacred.observers import FileStorageObserver, QueueObserver
from tests.conftest import ROOT


def make(directory: Path) -> Experiment:
    ex = Experiment("ex<b>", interactive=True, save_git_info=False)
    ex.observers.append(FileStorageObserver(directory / "runs"))
    ex.add_config(lr=0.1, name="<i>")
    return ex


def quietly(ex: Experiment) -> Any:
    return ex.run(options={"--loglevel": "ERROR"})


def test_a_finished_run_shows_configuration_result_and_curves(tmp_path: Path) -> None:
    ex = make(tmp_path)

    @ex.main
    def main(lr: float, _run: Any) -> float:
        for step in range(1000):
            _run.log_scalar("loss", lr / (step + 1))
        _run.log_scalar("once", 7)
        return 0.25

    html = quietly(ex)._repr_html_()
    for text in ("run 1: COMPLETED", "config.lr", "0.25", "loss", "once", "0.0001"):
        assert text in html
    assert html.count("<polyline") == 1  # a single point is no curve
    assert "<i>" not in html
    assert "ex<b>" not in html
    assert len(html) < 6000


def test_html_has_no_secrets(tmp_path: Path) -> None:
    ex = make(tmp_path)
    ex.add_config(api_key="hunter1", url="postgresql://ada:hunter2@db/x", tokenizer="bert")
    ex.main(lambda: None)
    html = quietly(ex)._repr_html_()
    ex.run(config_updates={"api_key": "hunter3"}, options={"--loglevel": "ERROR"})
    runs = open_store(str(tmp_path / "runs")).runs()
    for text in (html, runs[0]._repr_html_()):
        assert "hunter" not in text
        assert "bert" in text
    table = runs._repr_html_()
    assert "api_key" in table
    assert "hunter" not in table


def test_a_failed_run_and_one_that_has_not_begun_show_themselves(tmp_path: Path) -> None:
    ex = make(tmp_path)

    @ex.main
    def main() -> None:
        raise ValueError("diverged")

    with pytest.raises(ValueError, match="diverged"):
        quietly(ex)
    html = ex.current_run._repr_html_()
    assert "FAILED" in html
    assert "ValueError: diverged" in html


def test_a_sketch_has_points_from_everywhere_and_is_bounded() -> None:
    sketch = MetricSketch()
    for start in range(0, 10_000, 7):
        sketch.add({"x": {"values": list(range(start, min(start + 7, 10_000)))}})
    kept = sketch.curves()["x"]
    assert kept[0] == 0
    assert kept[-1] == 9999
    assert 64 <= len(kept) <= 129
    gaps = {b - a for a, b in itertools.pairwise(kept[:-1])}
    assert len(gaps) == 1
    sketch.add({"y": {"values": []}})
    assert "y" not in sketch.curves()


class Figure:
    """As figures of matplotlib are."""

    def savefig(self, path: str) -> None:
        Path(path).write_bytes(f"picture {Path(path).suffix}".encode())


@pytest.mark.parametrize("queued", [False, True])
def test_artifacts_may_be_bytes_and_figures(tmp_path: Path, queued: bool) -> None:
    ex = make(tmp_path)
    if queued:
        ex.observers[:] = [QueueObserver(ex.observers[0], interval=60.0)]

    @ex.main
    def main(_run: Any) -> None:
        _run.add_artifact(b"raw", "deep/data.bin")
        ex.add_artifact(bytearray(b"more"), name="more.txt", metadata={"a": 1})
        _run.add_artifact(Figure(), "curve")
        _run.add_artifact(Figure(), "curve.svg")
        for content in (b"x", Figure()):
            with pytest.raises(ValueError, match="needs a name"):
                _run.add_artifact(content)
        with pytest.raises(FileNotFoundError):
            _run.add_artifact("absent")

    quietly(ex)
    artifacts = open_store(tmp_path / "runs")[1].artifacts
    assert {name: file.read() for name, file in artifacts.items()} == {
        "deep/data.bin": b"raw",
        "more.txt": b"more",
        "curve.png": b"picture .png",
        "curve.svg": b"picture .svg",
    }
    assert artifacts["curve.png"].content_type == "image/png"


def test_a_metric_plots_itself(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib").use("agg")
    figure = pytest.importorskip("matplotlib.figure").Figure()
    ex = make(tmp_path)

    @ex.main
    def main(_run: Any) -> None:
        for step in range(3):
            _run.log_scalar("loss", step * 2)

    quietly(ex)
    axes = figure.add_subplot()
    assert open_store(tmp_path / "runs")[1].metrics["loss"].plot(axes, color="red") is axes
    [line] = axes.lines
    assert (list(line.get_ydata()), line.get_label()) == ([0, 2, 4], "loss")
    assert axes.get_xlabel() == "step"


CELLS = [
    """
from sacred import Experiment, Ingredient
from sacred.observers import FileStorageObserver
data = Ingredient("data", interactive=True)

@data.config
def data_settings():
    size = 3

@data.capture
def load(size):
    return size
""",
    """
ex = Experiment("cells", ingredients=[data], interactive=True, save_git_info=False)
ex.observers.append(FileStorageObserver("runs"))

@ex.config
def settings():
    rate = 0.5

@ex.main
def main(rate, _run):
    for step in range(20):
        _run.log_scalar("loss", rate / (step + 1))
    return rate * load()
""",
    "ex.run(options={'--loglevel': 'ERROR'})",
]


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A notebook whose cells have been executed, the second half of them once more."""
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    nbformat = pytest.importorskip("nbformat")
    directory = tmp_path_factory.mktemp("notebook")
    cells = [nbformat.v4.new_code_cell(text) for text in (*CELLS, *CELLS)]
    cells[3]["source"] = cells[3]["source"].replace("size = 3", "size = 4")
    notebook = nbformat.v4.new_notebook(cells=cells)
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    client = nbclient.NotebookClient(
        notebook, timeout=100, resources={"metadata": {"path": str(directory)}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": paths})
    return directory, notebook


def test_a_kernel_shows_a_run_as_html(executed: tuple[Path, Any]) -> None:
    [output] = [o for o in executed[1].cells[2].outputs if o.output_type == "execute_result"]
    html = output["data"]["text/html"]
    assert "cells, run 1: COMPLETED" in html
    assert "<polyline" in html
    assert "config.data.size" in html


def test_an_ingredient_that_is_defined_again_replaces_the_earlier_one(
    executed: tuple[Path, Any],
) -> None:
    store = open_store(executed[0] / "runs")
    assert [run.result for run in store.runs()] == [1.5, 2.0]


def test_the_cells_are_stored_with_the_run(executed: tuple[Path, Any]) -> None:
    """Those that define functions and scopes of the experiment and its ingredients."""
    first, second = open_store(executed[0] / "runs").runs()
    for run, size in ((first, "size = 3"), (second, "size = 4")):
        texts = {Path(name).name: file.read().decode() for name, file in run.sources.items()}
        assert set(texts) == {"cells_cells.py", "data_cells.py"}
        assert size in texts["data_cells.py"]
        assert texts["cells_cells.py"].startswith("# %%\n")
        assert "def main(rate, _run):" in texts["cells_cells.py"]
        assert "ex.run(" not in texts["cells_cells.py"]


MISTAKES = {
    "ex.run(config_updates={'lrr': 5})": (
        "sacred.utils.ConfigAddedError: Added new config entry that is not used anywhere",
        "Conflicting configuration values:",
        "  lrr=5",
        "Possible config keys are: {'absent', 'lr', 'seed'}",
        'Did you mean "lr"?',
    ),
    "ex.run(named_configs=['fst'])": (
        'sacred.utils.NamedConfigNotFoundError: Named config not found: "fst". Available config '
        "values are: ('fast',). Did you mean \"fast\"?",
    ),
    "sacred.open_store('runs').runs('lr < <')": (
        'sacred.query.errors.QueryError: a field or a value is missing before "<" (column 6)',
        "  lr < <",
        "       ^",
    ),
    "sacred.SETTINGS.CONFIG.READONLY = 5": None,
    "sacred.Experiment('nameless')": None,
    "ex.log_scalar('loss', 1)": (
        "sacred.experiment.NoRunError: Can only log metrics while a run of 'ex' is under way.",
    ),
    "helper(1, 2, 3)": None,
    "ex.main(lambda: helper()); ex.run()": None,
}


def test_mistakes_are_shown_in_a_few_lines_without_frames_of_the_library(tmp_path: Path) -> None:
    """In a kernel, as on the command line; what user code raises keeps its traceback."""
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    nbformat = pytest.importorskip("nbformat")
    start = """
import sacred
ex = sacred.Experiment("ex", interactive=True, save_git_info=False)
ex.add_config(lr=1, seed=1)
ex.add_named_config("fast", lr=2)
ex.main(lambda lr: 1 / 0)
helper = ex.capture(lambda absent: absent)
"""
    last = "ex.main(lambda lr: 1 / 0)\nex.run()"
    cells = [nbformat.v4.new_code_cell(text) for text in (start, *MISTAKES, last)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = nbclient.NotebookClient(
        notebook, timeout=600, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}
    )
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    client.execute(env={**os.environ, "PYTHONPATH": paths})
    tracebacks = [
        output["traceback"]
        for cell in cells
        for output in cell.outputs
        if output.output_type == "error"
    ]
    assert len(tracebacks) == len(MISTAKES) + 1, tracebacks
    for shown, lines in zip(tracebacks, MISTAKES.values(), strict=False):
        assert len(shown) <= 5
        assert "site-packages" not in "".join(shown)
        assert str(ROOT) not in "".join(shown)
        if lines is not None:
            assert tuple(shown) == lines
    assert "ZeroDivisionError" in "".join(tracebacks[-1])
    assert "Traceback" in "".join(tracebacks[-1])


LIVE = """
import time
from sacred import Experiment

ex = Experiment("live", interactive=True, save_git_info=False)

@ex.main
def main(_run):
    for step in range(30):
        _run.log_scalar("loss", 1 / (step + 1))
        time.sleep(0.05)
    if FAILS:
        raise ValueError("diverged")
    return 5

ex.run(options={"--loglevel": "ERROR", "--beat-interval": 0.2})
"""


def test_a_run_is_shown_while_it_goes_on_in_one_display() -> None:
    """The last update is that of its end; the cell does not show it once more."""
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    nbformat = pytest.importorskip("nbformat")
    cells = [nbformat.v4.new_code_cell(LIVE.replace("FAILS", value)) for value in ("0", "1")]
    cells += [nbformat.v4.new_code_cell("ex.current_run")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    seen: list[str] = []

    class Client(nbclient.NotebookClient):  # type: ignore[misc, name-defined]
        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            seen.append(msg["msg_type"])
            if msg["msg_type"].endswith("display_data"):
                seen.append(msg["content"]["data"]["text/html"])
            return super().process_message(msg, cell, cell_index)

    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    client = Client(notebook, timeout=100, allow_errors=True)
    client.execute(env={**os.environ, "PYTHONPATH": paths})
    for cell, status in ((cells[0], "COMPLETED"), (cells[1], "FAILED")):
        [display] = [o for o in cell.outputs if o.output_type == "display_data"]
        html = display["data"]["text/html"]
        assert f"live: {status}" in html
        assert "<polyline" in html
    assert not [o for o in cells[0].outputs if "text/html" in o.get("data", {})][1:]
    assert "FAILED" in cells[2].outputs[0]["data"]["text/html"]  # in another cell, it is
    running = [text for text in seen if "live: RUNNING" in text]
    assert len(running) > 3
    assert seen.count("display_data") == 2
    assert seen.count("update_display_data") > 3
