"""The notebook of the tutorial: executed, with its outputs, and its last plot as a picture."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

__all__ = ["NOTEBOOK", "PLOT", "executed", "plot_of", "text_outputs", "write"]

NOTEBOOK = ROOT / "docs/tutorial.ipynb"
#: The name of the picture of its plot, without a suffix.
PLOT = "notebook-plot"
_SECONDS = 300


def executed(directory: Path) -> dict[str, Any]:
    """Return the notebook with the outputs that its cells give today.

    Args:
        directory: an empty one, in which it runs.
    """
    import nbclient
    import nbformat

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(directory)}},
        record_timing=False,
    )
    client.execute(env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"})
    done: dict[str, Any] = json.loads(nbformat.writes(notebook))
    done["metadata"]["language_info"] = {"name": "python"}  # not the version of who has made it
    return done


def text_outputs(notebook: dict[str, Any]) -> list[str]:
    """What each of the cells of code prints."""
    return [
        "".join("".join(output.get("text", "")) for output in cell["outputs"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def plot_of(notebook: dict[str, Any]) -> bytes:
    """The picture that one of the cells draws, as PNG."""
    [data] = [
        output["data"]["image/png"]
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    return base64.b64decode("".join(data))


def write(notebook: dict[str, Any]) -> None:
    """Store a notebook with its outputs."""
    NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
