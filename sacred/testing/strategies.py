"""Random sequences of the events of a run, and a way to send them to an observer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from sacred.observers.base import RunObserver
from sacred.stores.store import StoreUnavailableError
from sacred.testing import drive

__all__ = ["ScenarioPlayer", "play", "scenarios"]

_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
_numbers = st.lists(
    st.integers(-(2**40), 2**40) | st.floats(allow_nan=False), min_size=1, max_size=4
)
_plain = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | _text
_names = st.sampled_from(["loss", "acc", "a b"])
_steps = st.one_of(
    st.tuples(st.just("print"), _text),
    st.tuples(st.just("cut"), st.integers(0, 6), _text),
    st.tuples(st.just("set_info"), st.sampled_from(["x", "y", "z"]), _plain | st.lists(_plain)),
    st.tuples(st.just("points"), st.dictionaries(_names, _numbers, max_size=3)),
    st.tuples(st.just("artifact"), st.sampled_from(["a.txt", "d/b"]), st.binary(max_size=9)),
    st.tuples(st.just("resource"), st.sampled_from(["r.csv", "s"]), st.binary(max_size=9)),
    st.tuples(st.just("beat")),
)
#: Steps, the status at the end, the result.
scenarios = st.tuples(
    st.lists(_steps, max_size=15), st.sampled_from(["COMPLETED", "FAILED", "TIMEOUT"]), _plain
)


class ScenarioPlayer:
    """Sends a random sequence of events; an unavailable store is not an error here.

    Args:
        observer: receives the events.
        directory: for the files of the run.
    """

    def __init__(self, observer: RunObserver, directory: Path) -> None:
        self.observer = observer
        self.directory = directory
        self.output = ""
        self.info: dict[str, Any] = {}
        self._number = 0

    def play(self, scenario: Any) -> Any:
        """Send all events from start to end; return the id."""
        steps, status, result = scenario
        run_id = drive.start(self.observer)
        for number, (kind, *arguments) in enumerate(steps):
            self._number = number
            getattr(self, kind)(*arguments)
        self.beat(result if status == "COMPLETED" else None)
        if status == "COMPLETED":
            drive.complete(self.observer, result)
        elif status == "FAILED":
            drive.fail(self.observer)
        else:
            drive.interrupt(self.observer, status)
        self.observer.join()
        return run_id

    def beat(self, result: Any = None) -> None:
        """A heartbeat with the output and info so far."""
        self._tell(lambda observer: drive.beat(observer, self.output, self.info, result))

    def print(self, text: str) -> None:
        """Print output."""
        self.output += text

    def cut(self, count: int, text: str) -> None:
        """Replace the end of the output, as an output filter does.

        Args:
            count: how many characters are removed.
            text: what takes their place.
        """
        self.output = self.output[: max(len(self.output) - count, 0)] + text

    def set_info(self, key: str, value: Any) -> None:
        """Set an entry of ``run.info``; the next heartbeat sends it.

        Args:
            key: of the entry.
            value: any plain value.
        """
        self.info[key] = value

    def points(self, by_name: Mapping[str, Sequence[float]]) -> None:
        """Log points of metrics."""
        self._tell(lambda observer: drive.log(observer, by_name))

    def artifact(self, name: str, content: bytes) -> None:
        """Add a file that the run has written; it is deleted at once.

        Args:
            name: the name to store it under.
            content: of the file.
        """
        path = self.directory / f"file{self._number}"
        path.write_bytes(content)
        self._tell(lambda observer: observer.artifact_event(name=name, filename=str(path)))
        path.unlink()  # at once: the observer must not need it later

    def resource(self, name: str, content: bytes) -> None:
        """Add a file that the run has read.

        Args:
            name: of the file.
            content: of the file.
        """
        path = self.directory / f"{self._number}-{name}"
        path.write_bytes(content)
        self._tell(lambda observer: observer.resource_event(filename=str(path)))

    def _tell(self, function: Callable[[RunObserver], Any]) -> None:
        try:
            function(self.observer)
        except StoreUnavailableError:
            pass


def play(observer: RunObserver, scenario: Any, directory: Path) -> Any:
    """Send a sequence of events to an observer, and return the id of the run.

    Args:
        observer: the observer.
        scenario: events that `scenarios` has drawn.
        directory: an empty one for the files of the run.
    """
    return ScenarioPlayer(observer, directory).play(scenario)
