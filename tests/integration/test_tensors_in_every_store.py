"""Tensors and objects of any library, in a run, come back from every kind of store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sacred import Experiment
from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from tests.integration.test_readers import new_place
from tests.unit.test_values_without_plain_form import Device, Tensor

KINDS = ["file", "tinydb", "sqlite", "postgres", "mongo", "s3", "google"]


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_numbers_arrays_and_short_texts(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with new_place(kind, request, tmp_path) as place:
        ex = Experiment("tensors", interactive=True, save_git_info=False)
        ex.observers.append(StoreObserver(open_store(place.url).backend))
        ex.add_config(scale=Tensor(0.5), seed=1)

        @ex.config
        def cfg() -> None:
            device = Device("cpu")

        @ex.main
        def main(_run: Any) -> Any:
            _run.log_scalar("loss", Tensor(0.25, needs_detach=True))
            _run.info["weights"] = Tensor([[1.0, 2.0]], needs_detach=True)
            _run.info["device"] = Device("cpu")
            return Tensor(0.125, needs_detach=True)

        ex.run(options={"--loglevel": "ERROR"})
        store = open_store(place.url)
        (record,) = store.runs("scale = 0.5 and result < 0.2")
        assert record.result == 0.125
        assert list(record.metrics["loss"].values) == [0.25]
        assert np.asarray(record.info["weights"]).tolist() == [[1.0, 2.0]]
        assert "cpu" in str(record.info["device"])
        assert "cpu" in str(record.config["device"])
        store.close()
