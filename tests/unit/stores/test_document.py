"""From events to a document and changes."""

import threading

import numpy as np
import pytest

from sacred.stores.changes import SetFields, WriteOutput
from sacred.stores.document import RunChangeTracker
from tests.unit.stores.observer_calls import T0

EX_INFO = {"name": "ex", "base_dir": "/base", "sources": [("a.py", "12"), ("d/b.py", "34")]}


def started():
    return RunChangeTracker().started(
        ex_info=EX_INFO,
        command="main",
        host_info={"os": ("Linux", "6")},
        start_time=T0,
        config={"t": (1, 2)},
        meta_info={},
    )


def test_the_document_at_the_start():
    document, files = started()
    assert document == {
        "experiment": {**EX_INFO, "sources": [["a.py", "12"], ["d/b.py", "34"]]},
        "command": "main",
        "host": {"os": ["Linux", "6"]},
        "config": {"t": {"py/tuple": [1, 2]}},
        "meta": {},
        "status": "RUNNING",
        "start_time": T0,
        "heartbeat": None,
        "resources": [],
        "artifacts": [],
        "captured_out": "",
        "info": {},
    }
    assert [file.path for file in files] == ["/base/a.py", "/base/d/b.py"]


def test_a_queued_run_has_no_output_yet():
    document, _ = RunChangeTracker().queued(EX_INFO, "main", {}, T0, {}, {"comment": "later"})
    assert document["status"] == "QUEUED"
    assert document["queue_time"] == T0
    assert not {"captured_out", "heartbeat", "start_time"} & document.keys()


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("", "é", WriteOutput(start=0, offset=0, text="é")),
        ("éa", "éab", WriteOutput(start=2, offset=3, text="b")),
        ("10%\r", "100%", WriteOutput(start=2, offset=2, text="0%")),
        ("éab", "é", WriteOutput(start=1, offset=2, text="")),
        ("a", "b", WriteOutput(start=0, offset=0, text="b")),
    ],
)
def test_only_the_new_output_is_written(before, after, change):
    writer = RunChangeTracker()
    writer.heartbeat({}, before, T0, None)
    assert change in writer.heartbeat({}, after, T0, None)


def test_output_that_utf8_cannot_hold():
    [change, _] = RunChangeTracker().heartbeat({}, "a\udcffb", T0, None)
    assert change.text == "a\ufdd0dcffb"


def test_info_is_sent_only_when_it_changed():
    writer, info = RunChangeTracker(), {"a": [1]}
    assert writer.heartbeat(info, "", T0, None)[-1].fields["info"] == {"a": [1]}
    assert writer.heartbeat(info, "", T0, None) == [SetFields(fields={"heartbeat": T0})]
    info["a"].append(2)
    assert writer.heartbeat(info, "", T0, None)[-1].fields["info"] == {"a": [1, 2]}


def test_results_become_plain():
    [change] = RunChangeTracker().completed(T0, {"x": np.float64(1.5), "n": float("inf")})
    assert change.fields["result"] == {"x": 1.5, "n": float("inf")}
    assert type(change.fields["result"]["x"]) is float


def test_what_has_no_plain_form_does_not_fail():
    class Rude:
        def __repr__(self):
            raise RuntimeError("no")

        def __reduce_ex__(self, protocol):
            raise RuntimeError("no")

    circle = {}
    circle["me"] = circle
    [change] = RunChangeTracker().heartbeat({"a": Rude(), "b": circle, "c": 1}, "", T0, Rude())
    assert change.fields["info"]["c"] == 1


def test_info_may_change_while_it_is_read():
    info, stop = {"list": [], "dict": {}}, threading.Event()

    def change():
        number = 0
        while not stop.is_set():
            number += 1
            info["list"].append(number)
            info["dict"][str(number)] = {}
            info[f"key{number % 1000}"] = [number]
            if number % 500 == 0:
                info["dict"].clear()
                info["list"].clear()

    thread = threading.Thread(target=change)
    thread.start()
    try:
        writer = RunChangeTracker()
        for _ in range(200):
            writer.heartbeat(info, "", T0, None)
    finally:
        stop.set()
        thread.join()


def test_points_go_on_where_they_ended():
    writer = RunChangeTracker()

    def log(*values):
        points = {"values": values, "steps": values, "timestamps": [T0] * len(values)}
        return writer.metrics({"loss": points})

    assert log(1, 2)[0].start == 0
    assert log(3)[0].start == 2
    assert log() == []


def test_resources_have_a_digest(tmp_path):
    (tmp_path / "r").write_bytes(b"abc")
    [change] = RunChangeTracker().resource(str(tmp_path / "r"))
    assert change.md5 == "900150983cd24fb0d6963f7d28e17f72"


def test_more_of_the_experiment_becomes_known():
    [change] = RunChangeTracker().experiment_info(EX_INFO)
    assert change.info["name"] == "ex"
    assert [file.path for file in change.files] == ["/base/a.py", "/base/d/b.py"]
