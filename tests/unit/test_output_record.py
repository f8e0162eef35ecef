"""The output of a run so far: whole when somebody asks, in pieces for who keeps records."""

from __future__ import annotations

import logging
import os
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred.events import Heartbeat, OutputWritten
from sacred.lifecycle import output_record
from sacred.lifecycle.dispatcher import Dispatcher
from sacred.lifecycle.heartbeat import HeartbeatThread
from sacred.lifecycle.output_record import OutputRecord, SpillingText
from sacred.metrics_logger import MetricsLogger
from sacred.observers import FileStorageObserver, QueueObserver
from sacred.stdout_capturing import CapturedOutput
from sacred.utils import apply_backspaces_and_linefeeds

# Of its own: other tests set levels of theirs.
LOG = logging.getLogger("tests.output_record")
# Also halves of characters, which UTF-8 has no form for.
TEXTS = st.lists(st.text(st.characters(codec=None, exclude_categories=()), max_size=8), max_size=30)


@pytest.fixture
def small(monkeypatch):
    """A few characters are long already."""
    monkeypatch.setattr(output_record, "MAX_CHARS_IN_MEMORY", 10)


@given(TEXTS)
def test_a_long_text_is_what_was_appended(texts):
    """Whether it is in memory or in the file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output_record, "MAX_CHARS_IN_MEMORY", 10)
        long = SpillingText()
        for number, text in enumerate(texts):
            long.append(text)
            if number % 3 == 0:
                assert str(long) == "".join(texts[: number + 1])
        assert str(long) == "".join(texts)


def test_without_a_place_on_the_disk_a_long_text_stays_in_memory(small, monkeypatch, tmp_path):
    """It is slower to lose than to keep."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    long = SpillingText()
    for _ in range(5):
        long.append("0123456789")
    assert str(long) == "0123456789" * 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_that_reads_does_not_disturb_its_parent(small):
    """The position in the file is common to both."""
    long = SpillingText()
    long.append("a" * 100)
    child = os.fork()
    if child == 0:
        os._exit(0 if str(long) == "a" * 100 else 1)
    assert os.waitpid(child, 0)[1] == 0
    long.append("b" * 100)
    assert str(long) == "a" * 100 + "b" * 100


@pytest.mark.parametrize("output_filter", [None, apply_backspaces_and_linefeeds, str.upper])
@given(texts=TEXTS)
def test_the_pieces_make_up_the_whole(output_filter, texts):
    """Also where a filter rewrites the end; the offsets are those of the stored bytes."""
    record = OutputRecord(output_filter, LOG)
    told, stored = "", b""
    for text in texts:
        piece = record.add(text)
        if piece is not None:
            told = told[: piece.start] + piece.text
            stored = stored[: piece.offset] + piece.text.encode(errors="replace")
        assert told == str(record)
        assert stored == told.encode(errors="replace")


def test_a_failing_filter_leaves_the_text_as_it_was_so_far(caplog):
    """From then on it is unfiltered; the failure is reported once."""

    def no_z(text):
        if "z" in text:
            raise ValueError("z")
        return text.upper()

    record = OutputRecord(no_z, LOG)
    record.add("a")
    piece = record.add("z")
    record.add("b")
    assert str(record) == "Azb"
    assert piece == (1, 1, "z")
    assert len(caplog.records) == 1


# --------------------------------------------------------------- who gets what


class Own(FileStorageObserver):
    """Somebody's own, which wants to see the text."""

    def heartbeat_event(self, info, captured_out, beat_time, result):
        """Look at it, and go on."""
        self.seen = captured_out
        super().heartbeat_event(info, captured_out, beat_time, result)


class Around:
    """Somebody's own object around an observer, which it lends all but one method."""

    def __init__(self, observer):
        self._observer = observer
        self.seen = None

    def __getattr__(self, name):
        return getattr(self._observer, name)

    def heartbeat_event(self, info, captured_out, beat_time, result):
        """Look at it, and go on."""
        self.seen = captured_out
        self._observer.heartbeat_event(info, captured_out, beat_time, result)


def begin(observer):
    """Tell of a start, and of output."""
    observer.started_event({"name": "ex"}, "main", {}, None, {}, {}, None)
    record = OutputRecord(None, LOG)
    for text in ("one\n", "twö\n"):
        OutputWritten(**record.add(text)._asdict()).call(observer)
        Heartbeat(info={}, captured_out=record, beat_time=None, result=None).call(observer)


@pytest.mark.parametrize("kind", [Own, lambda place: Around(FileStorageObserver(place))])
def test_who_has_a_heartbeat_of_his_own_is_given_the_whole_text(tmp_path, kind):
    """And what he passes on to ours is stored."""
    observer = kind(tmp_path)
    begin(observer)
    assert observer.seen == "one\ntwö\n"
    assert (tmp_path / "1" / "cout.txt").read_bytes() == "one\ntwö\n".encode()


def test_our_observers_take_the_pieces(tmp_path):
    """Directly, and behind a queue."""
    direct = FileStorageObserver(tmp_path / "a")
    begin(direct)
    queue = QueueObserver(FileStorageObserver(tmp_path / "b"))
    begin(queue)
    queue.join()
    for place, observer in (("a", direct), ("b", queue)):
        assert observer.wants_output_chunks()
        assert (tmp_path / place / "1" / "cout.txt").read_bytes() == "one\ntwö\n".encode()
        assert observer.cout == "one\ntwö\n"
        assert observer.cout_write_cursor == 8


def test_what_could_not_be_flattened_takes_no_output_along(tmp_path):
    """A heartbeat that fails leaves its output for the next."""
    observer = FileStorageObserver(tmp_path)
    observer.started_event({"name": "ex"}, "main", {}, None, {}, {}, None)
    observer.output_event(start=0, offset=0, text="a")
    with pytest.raises(TypeError):
        observer.heartbeat_event(info={}, captured_out=None, beat_time=None)
    observer.heartbeat_event(info={}, captured_out=None, beat_time=None, result=None)
    assert observer.cout == "a"


def test_output_that_waits_is_stored_early_only_if_it_is_much(tmp_path):
    """What a beat has stored does not wait any more."""
    observer = FileStorageObserver(tmp_path)
    observer.started_event({"name": "ex"}, "main", {}, None, {}, {}, None)
    text, sizes = "x" * 300_000, []
    for number in range(3):
        observer.output_event(start=number * len(text), offset=number * len(text), text=text)
        sizes.append((tmp_path / "1" / "cout.txt").stat().st_size // len(text))
        observer.heartbeat_event(info={}, captured_out=None, beat_time=None, result=None)
        sizes.append((tmp_path / "1" / "cout.txt").stat().st_size // len(text))
    assert sizes == [0, 1, 1, 2, 2, 3]
    for number in range(3, 5):
        observer.output_event(start=number * len(text), offset=number * len(text), text=text)
    assert (tmp_path / "1" / "cout.txt").stat().st_size == 5 * len(text)


class Pieces:
    """An observer that is told of the output apart."""

    def __init__(self):
        self.told = []

    def wants_output_chunks(self):
        return True

    def heartbeat_event(self, info, captured_out, beat_time, result):
        assert captured_out is None

    def output_event(self, start, offset, text):
        assert start == sum(map(len, self.told))
        self.told.append(text)


def test_a_beat_that_comes_late_tells_long_output_piece_by_piece():
    """Each is copied on its way into a store: together that would be a lot of memory."""
    text = "".join(f"line {number}\n" for number in range(300_000))
    observer = Pieces()
    dispatcher = Dispatcher([observer], LOG)
    dispatcher.started_observers = [observer]
    heart = HeartbeatThread(dispatcher, MetricsLogger(), {}, OutputRecord(None, LOG), lambda: None)
    with CapturedOutput() as captured:
        heart.attach_capture(captured)
        captured.add(text)
        heart.beat()
    assert "".join(observer.told) == text
    assert max(map(len, observer.told)) <= 1 << 20
