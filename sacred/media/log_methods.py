"""`_run.log_image` and its kin: the methods of a run that log values beside numbers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sacred.records import MediaName

__all__ = ["LogMethods"]


class LogMethods:
    """Logging of several metrics at once, and of values with a step that are no numbers.

    Each value becomes a file (`sacred.media.encoding`), stored as an artifact with the name
    ``media/NAME/STEP.KIND.SUFFIX``. Without a step, it is the last one of that name + 1, from 0;
    what is logged once more for a step takes the place of what was there.
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
            values: the numbers by the names of the metrics.
            step: as in `log_scalar`, for all of them.
        """
        for name, value in values.items():
            self.log_scalar(name, value, step)

    def log_image(self, name: str, value: Any, step: int | None = None) -> None:
        """Log an image.

        Args:
            name: any text, for example ``"samples"``; ``/`` groups.
            value: an array (height, width) or (height, width, 1, 3 or 4): floats from 0 to 1,
                bools, or integers from 0 to 255; the channels may come first. Or a picture of
                Pillow, a path, or the bytes of a file. Arrays need ``sacred[media]``.
            step: its position.

        Raises:
            TypeError, ValueError: it is no image.
        """
        self._log("image", name, value, step)

    def log_figure(self, name: str, value: Any, step: int | None = None) -> None:
        """Log a figure.

        Args:
            name: any text; ``/`` groups.
            value: a figure or axes of matplotlib, or what else has ``savefig``; or a path, or
                the bytes of a picture.
            step: its position.

        Raises:
            TypeError, ValueError: it is no figure.
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
            name: any text; ``/`` groups.
            value: a frame of pandas; rows (sequences or mappings); columns by name; or a path
                of a CSV file.
            step: its position.
            columns: the names of the columns, or which of them are wanted.

        Raises:
            TypeError, ValueError: it is no table.
        """
        self._log("table", name, value, step, columns=columns)

    def log_histogram(self, name: str, value: Any, step: int | None = None, bins: Any = 64) -> None:
        """Log how values are distributed.

        Args:
            name: any text; ``/`` groups.
            value: an array of any shape, of which the finite numbers count; or a tuple of
                counts and edges, as ``numpy.histogram`` returns it.
            step: its position.
            bins: as for ``numpy.histogram``.

        Raises:
            TypeError, ValueError: these are no numbers.
        """
        self._log("histogram", name, value, step, bins=bins)

    def log_audio(
        self, name: str, value: Any, step: int | None = None, sample_rate: int = 44_100
    ) -> None:
        """Log a sound.

        Args:
            name: any text; ``/`` groups.
            value: an array (samples,) or (samples, channels): floats from -1 to 1, or integers
                of 16 bits; or a path or the bytes of a WAV, FLAC, OGG or MP3 file.
            step: its position.
            sample_rate: of an array, in Hz.

        Raises:
            TypeError, ValueError: it is no sound.
        """
        self._log("audio", name, value, step, sample_rate=sample_rate)

    def log_text(self, name: str, value: Any, step: int | None = None) -> None:
        """Log a text.

        Args:
            name: any text; ``/`` groups.
            value: the text; or a `pathlib.Path` of a file.
            step: its position.
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
