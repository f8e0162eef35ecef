"""`_run.log_image` and similar methods, with which a run logs values that are not numbers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sacred.records import MediaName

__all__ = ["LogMethods"]


class LogMethods:
    """Methods to log several metrics at once, and values with a step that are not numbers.

    Each value becomes a file (`sacred.media.encoding`), stored as an artifact with the name
    ``media/NAME/STEP.KIND.SUFFIX``. The default step is the last one of that name plus 1, starting
    at 0; logging again for the same step replaces the earlier value.
    """

    #: Both are methods of the class that has these.
    log_scalar: Callable[..., None]
    add_artifact: Callable[..., None]

    def __init__(self) -> None:
        self._last_media_steps: dict[str, int] = {}
        self._media_lock = threading.Lock()

    def log_scalars(self, values: Mapping[str, float], step: float | None = None) -> None:
        """Add a point to each of several metrics.

        Args:
            values: the numbers by the name of the metric.
            step: the step of all of them, as in `log_scalar`.
        """
        for name, value in values.items():
            self.log_scalar(name, value, step)

    def log_image(self, name: str, value: Any, step: int | None = None) -> None:
        """Log an image.

        Args:
            name: any string, for example ``"samples"``; ``/`` makes groups.
            value: an array (height, width) or (height, width, 1, 3 or 4): floats from 0 to 1,
                bools, or integers from 0 to 255; the channels may come first. Or a Pillow image,
                a path, or the bytes of a file. Arrays need ``sacred[media]``.
            step: its position on the x axis.

        Raises:
            TypeError, ValueError: the value is not an image.
        """
        self._log("image", name, value, step)

    def log_figure(self, name: str, value: Any, step: int | None = None) -> None:
        """Log a figure.

        Args:
            name: any string; ``/`` makes groups.
            value: a matplotlib figure or axes, or anything else with ``savefig``; or a path, or the
                bytes of an image file.
            step: its position on the x axis.

        Raises:
            TypeError, ValueError: the value is not a figure.
        """
        self._log("figure", name, value, step)

    def log_table(
        self,
        name: str,
        value: Any,
        step: int | None = None,
        columns: Iterable[Any] | None = None,
    ) -> None:
        """Log a table, which is stored as CSV.

        Args:
            name: any string; ``/`` makes groups.
            value: a pandas DataFrame; rows (sequences or mappings); columns by name; or the path of
                a CSV file.
            step: its position on the x axis.
            columns: the names of the columns, or the names of the columns to keep.

        Raises:
            TypeError, ValueError: the value is not a table.
        """
        self._log("table", name, value, step, columns=columns)

    def log_histogram(self, name: str, value: Any, step: int | None = None, bins: Any = 64) -> None:
        """Log the distribution of values as a histogram.

        Args:
            name: any string; ``/`` makes groups.
            value: an array of any shape, whose finite numbers count; or a tuple of counts and
                edges, as ``numpy.histogram`` returns it.
            step: its position on the x axis.
            bins: the bins, as for ``numpy.histogram``.

        Raises:
            TypeError, ValueError: the values are not numbers.
        """
        self._log("histogram", name, value, step, bins=bins)

    def log_audio(
        self, name: str, value: Any, step: int | None = None, sample_rate: int = 44_100
    ) -> None:
        """Log a sound.

        Args:
            name: any string; ``/`` makes groups.
            value: an array (samples,) or (samples, channels): floats from -1 to 1, or 16-bit
                integers; or a path or the bytes of a WAV, FLAC, OGG or MP3 file.
            step: its position on the x axis.
            sample_rate: the sample rate of an array, in Hz.

        Raises:
            TypeError, ValueError: the value is not a sound.
        """
        self._log("audio", name, value, step, sample_rate=sample_rate)

    def log_text(self, name: str, value: Any, step: int | None = None) -> None:
        """Log text.

        Args:
            name: any string; ``/`` makes groups.
            value: the text, or the `pathlib.Path` of a file.
            step: its position on the x axis.
        """
        self._log("text", name, value, step)

    def _log(self, kind: str, name: str, value: Any, step: int | None, **options: Any) -> None:
        # Not at the top: most runs log numbers only.
        from sacred.media.encoding import ENCODERS

        if not name:
            raise ValueError(f"log_{kind} needs a name, not {name!r}")
        content, suffix = ENCODERS[kind](value, **options)
        said = MediaName(name=name, step=self._next_step(name, step), kind=kind, suffix=suffix)
        self.add_artifact(content, str(said))

    def _next_step(self, name: str, step: Any) -> int:
        with self._media_lock:
            if step is None:
                number = self._last_media_steps.get(name, -1) + 1
            else:
                number = int(step)
                if number != step:
                    raise ValueError(f"the step of {name!r} must be an integer, not {step!r}")
            self._last_media_steps[name] = number
            return number
