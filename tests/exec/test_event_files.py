"""Event files of TensorBoard, read without TensorFlow."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from sacred.exec.event_files import EventMetrics, scalars_of


def field(number: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def event(step: int, value: bytes) -> bytes:
    return bytes([2 << 3, step]) + field(5, field(1, value))


def record(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + b"\0" * 4 + content + b"\0" * 4


SIMPLE = event(3, field(1, b"loss") + bytes([2 << 3 | 5]) + struct.pack("<f", 0.5))


@pytest.mark.parametrize(
    "tensor",
    [
        bytes([1 << 3, 1]) + field(4, struct.pack("<f", 0.5)),
        bytes([1 << 3, 1]) + field(5, struct.pack("<f", 0.5)),
        bytes([1 << 3, 2]) + field(6, struct.pack("<d", 0.5)),
    ],
)
def test_scalars_may_be_tensors(tensor: bytes) -> None:
    assert list(scalars_of(event(3, field(1, b"loss") + field(8, tensor)))) == [("loss", 0.5, 3)]


def test_other_tensors_are_no_scalars() -> None:
    text = bytes([1 << 3, 7]) + field(8, b"a text")
    many = bytes([1 << 3, 1]) + field(4, struct.pack("<ff", 1, 2))
    for tensor in (text, many):
        assert list(scalars_of(event(3, field(1, b"note") + field(8, tensor)))) == []


def test_a_record_that_is_half_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1"
    whole = record(SIMPLE)
    metrics = EventMetrics(str(path))
    assert list(metrics.points()) == []
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert list(metrics.points()) == []
    path.write_bytes(whole)
    assert [point.value for point in metrics.points()] == [0.5]
    assert list(metrics.points()) == []


@pytest.mark.parametrize("content", [b"\xff" * 20, b"\x0b", field(5, b"\x7f\x7f")])
def test_what_is_no_event_is_an_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"field|number"):
        list(scalars_of(content))


def test_a_file_of_another_kind_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"this is a text of more than twelve bytes")
    with pytest.raises(ValueError, match="no event file"):
        list(EventMetrics(str(path)).points())
