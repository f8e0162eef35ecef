"""What every observer must do, as tests that a third party subclasses."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sacred.testing import drive

__all__ = ["ObserverContract"]


class ObserverContract:
    """Tests for an observer: subclass it as ``TestMyObserver`` and override `make_observer`.

    Attributes:
        gives_ids: whether it assigns ids to runs; observers that only send messages do not.
        picklable: whether it can be sent to another process.
        takes_queued: whether runs can be queued with it; else it must say so.
    """

    gives_ids = True
    picklable = True
    takes_queued = True

    def make_observer(self, directory: Path) -> Any:
        """An observer that has seen no run; it may use `directory`."""
        raise NotImplementedError

    @pytest.fixture
    def observer(self, tmp_path: Path) -> Any:
        """The observer that is tested."""
        directory = tmp_path / "observer"
        directory.mkdir()
        return self.make_observer(directory)

    def test_its_priority_is_a_number(self, observer: Any) -> None:
        assert isinstance(observer.priority, int | float)

    def test_it_names_a_run_or_leaves_that_to_others(self, observer: Any) -> None:
        assert (drive.start(observer) is not None) == self.gives_ids

    def test_it_takes_a_given_id(self, observer: Any) -> None:
        # None: it has none of its own; text: it keeps ids as text.
        assert drive.start(observer, _id="7") in (None, "7")

    def test_it_can_be_told_of_a_queued_run(self, observer: Any) -> None:
        if not self.takes_queued:
            with pytest.raises(NotImplementedError, match=r"\w+"):
                drive.queue(observer)
            return
        assert (drive.queue(observer) is not None) == self.gives_ids

    @pytest.mark.parametrize("end", [drive.complete, drive.fail, drive.interrupt])
    @pytest.mark.parametrize("seed", range(3))
    def test_it_takes_events_in_any_order(
        self, observer: Any, tmp_path: Path, seed: int, end: Callable[[Any], None]
    ) -> None:
        """Check that events between start and end may come in any order.

        Args:
            observer: the observer under test.
            tmp_path: a directory for the files of the run.
            seed: of the order.
            end: sends the closing event.
        """
        path = tmp_path / "file.txt"
        path.write_bytes(b"content")
        events: list[Callable[[], Any]] = [
            lambda: drive.beat(observer, "out", {"a": 1}),
            lambda: drive.beat(observer, "output", {"a": 2}, 5),
            lambda: drive.log(observer, {"loss": [1.0, float("nan")]}),
            lambda: observer.resource_event(filename=str(path)),
            lambda: observer.artifact_event(
                name="a.txt", filename=str(path), metadata={"k": 1}, content_type="text/plain"
            ),
            lambda: observer.artifact_event(
                name="b.txt", filename=str(path), metadata=None, content_type=None
            ),
            lambda: observer.experiment_info_event(
                ex_info={"name": "ex", "base_dir": "/", "sources": [], "dependencies": ["a==1"]}
            ),
            lambda: observer.meta_info_event(meta_info={"tags": ["a"], "group": "g"}),
        ]
        random.Random(seed).shuffle(events)
        drive.start(observer)
        for event in events:
            event()
        end(observer)
        observer.join()

    def test_it_observes_one_run_after_the_other(self, observer: Any) -> None:
        ids = []
        for _ in range(2):
            ids.append(drive.start(observer))
            drive.beat(observer, "out")
            drive.complete(observer)
        assert not self.gives_ids or ids[0] != ids[1]

    def test_it_can_be_joined_twice(self, observer: Any) -> None:
        observer.join()  # also before any run
        drive.start(observer)
        drive.complete(observer)
        observer.join()
        observer.join()

    def test_it_pickles_or_says_why_not(self, observer: Any) -> None:
        if self.picklable:
            copy = pickle.loads(pickle.dumps(observer))
            assert type(copy) is type(observer)
            assert copy.priority == observer.priority
        else:
            with pytest.raises((TypeError, pickle.PicklingError), match=r"\w+"):
                pickle.dumps(observer)
