"""Values of all kinds as the bytes of a file in a common format.

Optional packages (numpy, Pillow, matplotlib, pandas) are imported only if a value needs
them.
"""

from __future__ import annotations

import csv
import io
import json
import os
import wave
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sacred._base.extras import require
from sacred.media.file_formats import suffix_of

__all__ = ["ENCODERS", "FileContent"]

_DEFAULT_BINS = 64
_SUFFIXES = {
    "image": ("png", "jpg", "jpeg", "gif", "webp", "bmp", "svg"),
    "audio": ("wav", "flac", "ogg", "mp3"),
    "table": ("csv", "tsv"),
}


class FileContent(NamedTuple):
    """The content of a file, and its suffix without the dot."""

    content: bytes
    suffix: str


def _image(value: Any) -> FileContent:
    if (file := _as_file(value, "image")) is not None:
        return file
    if not hasattr(value, "save"):  # a picture of Pillow has that
        value = _picture(_array(value, "an image"))
    buffer = io.BytesIO()
    value.save(buffer, format="PNG")
    return FileContent(buffer.getvalue(), "png")


def _picture(pixels: Any) -> Any:
    """An array (height, width) or (height, width, 1, 3 or 4) as a picture of Pillow."""
    np = require("numpy")
    if pixels.ndim == 3 and pixels.shape[0] in (1, 3, 4) and pixels.shape[2] not in (1, 3, 4):
        pixels = np.moveaxis(pixels, 0, 2)  # channels first, as PyTorch has it
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)):
        raise ValueError(
            f"an image has the shape (height, width) or (height, width, 1, 3 or 4), "
            f"not {tuple(pixels.shape)}"
        )
    if not pixels.size:
        raise ValueError(f"an image without pixels: its shape is {tuple(pixels.shape)}")
    if pixels.dtype.kind == "f":
        # As matplotlib has it: 0 is black, 1 is white.
        pixels = np.round(np.clip(np.nan_to_num(pixels), 0, 1) * 255)
    elif pixels.dtype.kind == "b":
        pixels = pixels * 255
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    image = require("PIL.Image", extra="media", purpose="log_image of an array")
    return image.fromarray(np.ascontiguousarray(pixels))


def _figure(value: Any) -> FileContent:
    if (file := _as_file(value, "image")) is not None:
        return file
    if not hasattr(value, "savefig"):
        value = getattr(value, "figure", value)  # axes of matplotlib, grids of seaborn
    if not hasattr(value, "savefig"):
        raise TypeError(
            f"log_figure takes a figure of matplotlib, or a picture, not {_type_of(value)}"
        )
    buffer = io.BytesIO()
    value.savefig(buffer, format="png")
    return FileContent(buffer.getvalue(), "png")


def _table(value: Any, columns: Iterable[Any] | None = None) -> FileContent:
    if (file := _as_file(value, "table")) is not None:
        return file
    if hasattr(value, "to_csv"):  # a frame of pandas
        shown = value if columns is None else value[list(columns)]
        has_names = getattr(shown.index, "name", None) is not None
        return FileContent(shown.to_csv(index=has_names).encode(), "csv")
    rows, heads = _rows(value, None if columns is None else list(columns))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if heads is not None:
        writer.writerow(heads)
    writer.writerows(rows)
    return FileContent(buffer.getvalue().encode(), "csv")


def _rows(value: Any, heads: list[Any] | None) -> tuple[list[list[Any]], list[Any] | None]:
    """Rows and heads of: columns by name, rows as mappings, rows as sequences."""
    if isinstance(value, Mapping):
        heads = list(value) if heads is None else heads
        columns = [list(value[head]) for head in heads]
        if len({len(column) for column in columns}) > 1:
            lengths = ", ".join(f"{head!r}: {len(value[head])}" for head in heads)
            raise ValueError(f"the columns of a table must be equally long ({lengths})")
        return [list(row) for row in zip(*columns, strict=True)], heads
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise TypeError(f"log_table takes rows, columns by name, or a frame, not {_type_of(value)}")
    rows = list(value)
    if any(isinstance(row, Mapping) for row in rows):
        heads = (
            list(dict.fromkeys(name for row in rows for name in row)) if heads is None else heads
        )
        return [[row.get(head, "") for head in heads] for row in rows], heads
    return [list(row) for row in rows], heads


def _histogram(value: Any, bins: Any = _DEFAULT_BINS) -> FileContent:
    np = require("numpy")
    if isinstance(value, tuple) and len(value) == 2:
        counts, edges = (_array(part, "a histogram") for part in value)
        if edges.ndim != 1 or counts.shape != (edges.size - 1,):
            raise ValueError("a histogram is (counts, edges), with one edge more than counts")
    else:
        values = _array(value, "a histogram").astype(float).ravel()
        counts, edges = np.histogram(values[np.isfinite(values)], bins=bins)
    document = {"counts": counts.tolist(), "edges": edges.tolist()}
    return FileContent(json.dumps(document).encode(), "json")


def _audio(value: Any, sample_rate: int = 44_100) -> FileContent:
    if (file := _as_file(value, "audio")) is not None:
        return file
    np = require("numpy")
    samples = _array(value, "a sound")
    if samples.ndim == 1:
        samples = samples[:, None]
    if samples.ndim != 2 or not 1 <= samples.shape[1] <= 16:
        raise ValueError(
            f"a sound has the shape (samples,) or (samples, channels), not {tuple(samples.shape)}"
        )
    if samples.dtype.kind == "f":
        samples = np.round(np.clip(np.nan_to_num(samples), -1, 1) * (2**15 - 1))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(samples.shape[1])
        sound.setsampwidth(2)
        sound.setframerate(int(sample_rate))
        sound.writeframes(np.clip(samples, -(2**15), 2**15 - 1).astype("<i2").tobytes())
    return FileContent(buffer.getvalue(), "wav")


def _text(value: Any) -> FileContent:
    if isinstance(value, os.PathLike):
        path = Path(value)
        return FileContent(path.read_bytes(), "md" if path.suffix == ".md" else "txt")
    return FileContent(str(value).encode(errors="backslashreplace"), "txt")


def _as_file(value: Any, kind: str) -> FileContent | None:
    """The content of a path or of bytes; None: it is neither."""
    if isinstance(value, bytes | bytearray | memoryview):
        content = bytes(value)
        suffix = suffix_of(content)
    elif isinstance(value, str | os.PathLike):
        path = Path(value)
        content, suffix = path.read_bytes(), path.suffix[1:].lower()
    else:
        return None
    if suffix not in _SUFFIXES[kind]:
        raise ValueError(
            f"not a file of a kind that can be shown as {kind}: "
            f"{value if isinstance(value, str | os.PathLike) else 'these bytes'} "
            f"(possible are {', '.join(_SUFFIXES[kind])})"
        )
    return FileContent(content, suffix)


def _array(value: Any, what: str) -> Any:
    """Anything with numbers as an array of numpy."""
    detached = value.detach().cpu() if hasattr(value, "detach") else value  # tensors of PyTorch
    array = require("numpy").asarray(detached)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{what} needs numbers, not {_type_of(value)}")
    return array


def _type_of(value: Any) -> str:
    return f"a value of type {type(value).__name__}"


#: What makes a file of a value, by kind.
ENCODERS: Mapping[str, Callable[..., FileContent]] = {
    "image": _image,
    "figure": _figure,
    "table": _table,
    "histogram": _histogram,
    "audio": _audio,
    "text": _text,
}
