"""Images, tables, sounds and the like, and the load of the machine, logged by real runs."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import sys
import wave

import numpy as np
import pytest

from sacred import SETTINGS, Experiment, open_store
from sacred._base.errors import MissingExtraError
from sacred.media.encoding import ENCODERS
from sacred.records import MediaName
from sacred.system_metrics import SystemMetrics
from tests.integration.test_readers import KINDS, new_place


def run_with(main, place):
    ex = Experiment("media", save_git_info=False)
    ex.observers.append(place)
    ex.main(main)
    return ex.run()


@pytest.fixture
def logged(tmp_path):
    """``logged(main)``: the stored record of a run of a main function."""
    from sacred.observers import FileStorageObserver

    def record(main):
        run_with(main, FileStorageObserver(tmp_path / "runs"))
        return list(open_store(tmp_path / "runs"))[-1]

    return record


def test_each_kind_is_a_file_with_a_step(logged):
    def main(_run):
        _run.log_text("note", "half <way>", step=5)
        _run.log_table("scores", [{"class": "cat", "f1": 0.5}, {"class": "dog"}])
        _run.log_table("scores", {"class": ["cow"], "f1": [1]})
        _run.log_histogram("weights", np.array([0.0, 1.0, 1.0, np.nan]), bins=2)
        _run.log_audio("tone", np.array([0.0, 1.0, -1.0]), sample_rate=8000)

    media = logged(main).media
    assert {name: (series.kind, series.steps) for name, series in media.items()} == {
        "note": ("text", (5,)),
        "scores": ("table", (0, 1)),
        "tone": ("audio", (0,)),
        "weights": ("histogram", (0,)),
    }
    assert media["note"].last.text() == "half <way>"
    assert [file.text() for file in media["scores"].values()] == [
        "class,f1\ncat,0.5\ndog,\n",
        "class,f1\ncow,1\n",
    ]
    assert media["weights"].last.json() == {"counts": [1, 2], "edges": [0.0, 0.5, 1.0]}
    with wave.open(io.BytesIO(media["tone"].last.read())) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (8000, 1)
        samples = np.frombuffer(sound.readframes(9), "<i2").tolist()
        assert samples == [0, 2**15 - 1, -(2**15 - 1)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_store_has_them(kind, request, tmp_path):
    from sacred.observers.store_observer import StoreObserver

    def main(_run):
        for step in (3, 100, 20):
            _run.log_text("täglich/note", f"step {step}", step)
        _run.log_scalars({"loss": 1.0, "acc": 0.5}, step=7)

    with new_place(kind, request, tmp_path) as place, open_store(place.url) as store:
        run_with(main, StoreObserver(store.backend))
        record = list(store)[-1]
        series = record.media["täglich/note"]
        assert [(step, file.text()) for step, file in series.items()] == [
            (3, "step 3"), (20, "step 20"), (100, "step 100"),
        ]  # fmt: skip
        assert (series.at(50).text(), series.at(-1).text()) == ("step 20", "step 3")
        assert [record.metrics[name].steps.tolist() for name in ("loss", "acc")] == [[7], [7]]


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.array([[0.0, 0.5], [1.0, 7.0]]), [[0, 128], [255, 255]]),
        (np.array([[True, False]]), [[255, 0]]),
        (np.array([[[1.0]], [[0.0]]]), [[255], [0]]),
        (np.arange(6, dtype=np.uint8).reshape(1, 2, 3), [[[0, 1, 2], [3, 4, 5]]]),
        (np.arange(30).reshape(3, 2, 5), np.arange(30).reshape(3, 10).T.reshape(2, 5, 3).tolist()),
    ],
    ids=["floats", "bools", "one channel", "colours", "channels first"],
)
def test_arrays_are_pictures(pixels, expected):
    image = pytest.importorskip("PIL.Image", reason="there is no Pillow for this Python")
    content, suffix = ENCODERS["image"](pixels)
    assert suffix == "png"
    assert np.asarray(image.open(io.BytesIO(content))).tolist() == expected


def test_figures_and_files_are_taken_as_they_are(tmp_path):
    plt = pytest.importorskip("matplotlib.figure", reason="there is none for this Python")
    figure = plt.Figure()
    axes = figure.subplots()
    for value in (figure, axes):
        content, suffix = ENCODERS["figure"](value)
        assert (content[:4], suffix) == (b"\x89PNG", "png")
    (tmp_path / "x.png").write_bytes(content)
    for value in (content, tmp_path / "x.png", str(tmp_path / "x.png")):
        assert ENCODERS["image"](value) == (content, "png")
    pandas = pytest.importorskip("pandas")
    assert ENCODERS["table"](pandas.DataFrame({"a": [1, 2]})).content == b"a\n1\n2\n"


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("image", np.zeros((2, 2, 7)), r"\(height, width\).* not \(2, 2, 7\)"),
        ("image", np.zeros((0, 2)), "without pixels"),
        ("image", {"a": 1}, "an image needs numbers, not a value of type dict"),
        ("image", b"no picture", "these bytes .*possible are png"),
        ("figure", 3, "a figure of matplotlib, or a picture, not a value of type int"),
        ("table", {"a": [1], "b": [1, 2]}, "equally long .*'a': 1, 'b': 2"),
        ("table", 7, "rows, columns by name, or a frame, not a value of type int"),
        ("histogram", ([1, 2], [0, 1]), "one edge more than counts"),
        ("audio", np.zeros((2, 2, 2)), r"\(samples,\) or \(samples, channels\)"),
    ],
)
def test_what_cannot_be_logged_is_the_callers_error(kind, value, message):
    with pytest.raises((TypeError, ValueError), match=message):
        ENCODERS[kind](value)


def test_a_step_is_an_integer_and_a_name_is_needed(logged):
    def main(_run):
        for name, step in (("", 1), ("a", 1.5)):
            with pytest.raises(ValueError, match=r"needs a name|must be an integer"):
                _run.log_text(name, "text", step)
        with pytest.raises(ValueError, match=r"'\.\.'"):
            _run.log_text("../../etc", "text")
        _run.log_text("a", "text", np.int64(4))
        _run.log_text("a", "next")

    assert logged(main).media["a"].steps == (4, 5)


def test_without_pillow_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtraError, match=r"sacred\[media\]"):
        ENCODERS["image"](np.zeros((2, 2)))


def test_names_of_other_artifacts_are_no_media():
    for name in ("media/a.png", "media/x/7.image.png", "media/x/00000007.film.png", "model.pt"):
        assert MediaName.parse(name) is None
    said = MediaName(name="a/../00000001.image.png", step=-3, kind="text", suffix="txt")
    assert MediaName.parse(str(said)) == said
    assert pickle.loads(pickle.dumps(said)) == said


def test_the_load_of_the_machine_is_logged_if_it_is_wanted(logged, monkeypatch):
    def main(_run):
        sum(n * n for n in range(300_000))

    assert list(logged(main).metrics) == []
    monkeypatch.setitem(SETTINGS, "SYSTEM_METRICS", 1)
    metrics = logged(main).metrics
    assert set(metrics) >= {"system.cpu", "system.memory"}
    assert metrics["system.memory"].values[0] > 1e6
    assert 0 <= metrics["system.cpu"].values[0] <= 100_000


@pytest.mark.parametrize("by", ["proc", "psutil"])
def test_children_count_and_samples_come_at_their_interval(by):
    if by == "psutil":
        pytest.importorskip("psutil")
    metrics = SystemMetrics(interval=0, proc=f"/{by}")
    alone = metrics.sample()["system.memory"]
    code = "x = bytearray(50_000_000); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        assert metrics.sample()["system.memory"] > alone + 40_000_000
        child.communicate(b"\n")
    slow = SystemMetrics(interval=60)
    assert slow.sample()
    assert slow.sample() == {}


def test_gpus_are_asked_by_nvml(monkeypatch):
    class Nvml:
        """As `pynvml`, with one GPU."""

        def __getattr__(self, name):
            answers = {
                "nvmlInit": None,
                "nvmlDeviceGetCount": 1,
                "nvmlDeviceGetHandleByIndex": "handle",
                "nvmlDeviceGetUtilizationRates": type("Rates", (), {"gpu": 75}),
                "nvmlDeviceGetMemoryInfo": type("Memory", (), {"used": 2**30}),
            }
            return lambda *args: answers[name]

    monkeypatch.setitem(sys.modules, "pynvml", Nvml())
    sample = SystemMetrics().sample()
    assert (sample["system.gpu.0.utilization"], sample["system.gpu.0.memory"]) == (75, 2**30)


def test_a_series_shows_its_last_one_in_notebooks(logged):
    def main(_run):
        for counts in ([1], [2]):
            _run.log_histogram("h", (counts, [0, 1]))

    series = logged(main).media["h"]
    assert repr(series) == "<histogram 'h': 2 steps, 0 to 1>"
    shown = series._repr_mimebundle_()
    assert json.loads(shown["text/plain"])["counts"] == [2]
