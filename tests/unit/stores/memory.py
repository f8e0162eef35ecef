"""A store in memory, a flaky one, and random lives of runs: what stores are compared with."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from sacred.observers.store_observer import StoreObserver
from sacred.stores.base import RunNotFoundError, Store, StoreUnavailableError
from sacred.stores.changes import AddFile, AddPoints, SetExperiment, SetFields, WriteOutput
from tests.unit.stores.told import T0, beat, complete, log, start


class MemoryStore(Store):
    """The obvious meaning of each change."""

    url = "memory:"

    def __init__(self) -> None:
        self.runs: dict[Any, dict[str, Any]] = {}

    def create(self, run_id, document, files):
        run_id = len(self.runs) + 1 if run_id is None else run_id
        self.runs[run_id] = {
            "document": dict(document),
            "output": "",
            "metrics": {},
            "artifacts": {},
            "resources": {},
        }
        return run_id

    def apply(self, run_id, changes):
        if run_id not in self.runs:
            raise RunNotFoundError(f"no run {run_id}")
        for change in changes:
            self._apply(self.runs[run_id], change)

    def _apply(self, run, change):
        match change:
            case WriteOutput():
                assert len(run["output"][: change.start].encode()) == change.offset
                run["output"] = run["output"][: change.start] + change.text
            case AddPoints():
                points = run["metrics"].setdefault(change.name, [])
                assert change.start <= len(points)
                new = zip(change.steps, change.values, change.timestamps, strict=True)
                points[change.start :] = new
            case AddFile():
                kind = "artifacts" if change.kind == "artifact" else "resources"
                run[kind][change.name] = Path(change.path).read_bytes()
            case SetExperiment():
                run["document"]["experiment"] = change.info
            case SetFields():
                run["document"].update(change.fields)

    def read(self, run_id):
        run = self.runs[run_id]
        return {
            **{name: run[name] for name in ("output", "metrics", "artifacts", "resources")},
            **{name: run["document"].get(name) for name in READ_FIELDS},
        }


READ_FIELDS = ("config", "status", "info", "result", "fail_trace")


class FlakyStore(Store):
    """Fails now and then: before a change, between two, or after the last."""

    def __init__(self, store: Store, rate: float, seed: int) -> None:
        self.store = store
        self.url = store.url
        self.failures = 0
        self._rate = rate
        self._random = random.Random(seed)

    def create(self, run_id, document, files):
        return self.store.create(run_id, document, files)

    def apply(self, run_id, changes):
        for change in changes:
            self._maybe_fail()
            self.store.apply(run_id, [change])
        self._maybe_fail()

    def _maybe_fail(self):
        if self._random.random() < self._rate:
            self.failures += 1
            raise StoreUnavailableError("not now")

    def is_unreachable(self, error):
        # Sometimes it is known to be pointless to try the other changes.
        return self._random.random() < 0.5


# ------------------------------------------------------------------ random lives

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
lives = st.tuples(
    st.lists(_steps, max_size=15), st.sampled_from(["COMPLETED", "FAILED", "TIMEOUT"]), _plain
)


class Life:
    """Leads a run through a random life; failures of its store are its own business."""

    def __init__(self, observer: StoreObserver, directory: Path) -> None:
        self.observer = observer
        self.directory = directory
        self.output = ""
        self.info: dict[str, Any] = {}

    def lead(self, life: Any) -> Any:
        steps, status, result = life
        run_id = start(self.observer)
        for number, (kind, *arguments) in enumerate(steps):
            self._number = number
            getattr(self, kind)(*arguments)
        self.beat(result if status == "COMPLETED" else None)
        if status == "COMPLETED":
            complete(self.observer, result)
        elif status == "FAILED":
            self.observer.failed_event(fail_time=T0, fail_trace=["Traceback\n", "E: é\n"])
        else:
            self.observer.interrupted_event(interrupt_time=T0, status=status)
        self.observer.join()
        return run_id

    def beat(self, result=None):
        self._tell(beat, self.output, self.info, result)

    def print(self, text):
        self.output += text

    def cut(self, count, text):
        self.output = self.output[: max(len(self.output) - count, 0)] + text

    def set_info(self, key, value):
        self.info[key] = value

    def points(self, by_name):
        self._tell(log, by_name)

    def artifact(self, name, content):
        path = self.directory / f"file{self._number}"
        path.write_bytes(content)
        self._tell(lambda o: o.artifact_event(name=name, filename=str(path)))
        path.unlink()  # at once: what the observer needs of it, it must have

    def resource(self, name, content):
        path = self.directory / f"{self._number}-{name}"
        path.write_bytes(content)
        self._tell(lambda o: o.resource_event(filename=str(path)))

    def _tell(self, function, *arguments):
        try:
            function(self.observer, *arguments)
        except StoreUnavailableError:
            pass


def live(observer: StoreObserver, life: Any, directory: Path) -> Any:
    """Lead a run through a life of `lives`; returns its id."""
    return Life(observer, directory).lead(life)
