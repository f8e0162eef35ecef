"""Observers of files whose own events call what a subclass overrides, as those of 0.8 did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment
from sacred.observers import FileStorageObserver

METHODS = ("save_file", "find_or_save", "save_sources", "save_json", "save_cout")


class Noting(FileStorageObserver):
    """Notes the calls of its methods, which do what they always do."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.calls: list[Any] = []

    def save_file(self, filename: str, target_name: str | None = None) -> None:
        self.calls.append(("save_file", Path(filename).name, target_name))
        super().save_file(filename, target_name)

    def find_or_save(self, filename: Any, store_dir: Any) -> Path:
        self.calls.append(("find_or_save", Path(filename).name, Path(store_dir).name))
        return super().find_or_save(filename, store_dir)

    def save_sources(self, ex_info: Any) -> list[list[str]]:
        self.calls.append(("save_sources", [name for name, _ in ex_info["sources"]]))
        return super().save_sources(ex_info)

    def save_json(self, obj: Any, filename: str) -> None:
        self.calls.append(("save_json", filename, sorted(obj)[:2]))
        super().save_json(obj, filename)

    def save_cout(self) -> None:
        self.calls.append(("save_cout",))
        super().save_cout()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("data.txt", "out.txt"):
        (tmp_path / name).write_text(name)
    return tmp_path


def run_with(observer: Any, *, fails: bool = False) -> Any:
    """A run that uses everything of an observer."""
    ex = Experiment("hooks", save_git_info=False, interactive=True)
    ex.observers.append(observer)
    ex.add_config(a=1)

    @ex.main
    def main(_run: Any) -> int:
        _run.open_resource("data.txt").close()
        _run.add_artifact("out.txt", name="made.txt")
        _run.log_scalar("loss", 0.5)
        _run.info["k"] = 1
        if fails:
            raise ValueError("broken")
        return 5

    return ex.run(options={"--beat-interval": 1000, "--loglevel": "CRITICAL"})


def record(files: Path, name: str = "run.json") -> Any:
    return json.loads((files / "runs" / "1" / name).read_text())


def test_the_calls_are_those_of_sacred_0_8(files: Path) -> None:
    observer = Noting("runs")
    run_with(observer)
    run_json = ("save_json", "run.json", ["artifacts", "command"])
    sources = [call for call in observer.calls if call[-1] == "_sources"]
    assert [call for call in observer.calls if call not in sources] == [
        ("save_sources", [call[1] for call in sources]),
        ("save_cout",),
        run_json,
        ("save_json", "config.json", ["a", "seed"]),
        ("find_or_save", "data.txt", "_resources"),
        run_json,
        ("save_file", "out.txt", "made.txt"),
        run_json,
        ("save_json", "metrics.json", ["loss"]),
        ("save_cout",),
        run_json,
        ("save_json", "info.json", ["k"]),
        run_json,
    ]


def test_the_record_is_that_of_an_observer_without_methods_of_its_own(files: Path) -> None:
    run_with(Noting("runs"))
    run_with(FileStorageObserver("plain"))
    for name in ("run.json", "config.json", "info.json", "metrics.json"):
        own = record(files, name)
        plain = json.loads((files / "plain" / "1" / name).read_text())
        assert own.keys() == plain.keys()
        for varies in ("start_time", "stop_time", "heartbeat", "resources", "seed", "loss"):
            own.pop(varies, None), plain.pop(varies, None)
        assert own == plain


def test_artifacts_may_be_stored_elsewhere(files: Path) -> None:
    class Elsewhere(FileStorageObserver):
        def save_file(self, filename: str, target_name: str | None = None) -> None:
            (files / f"kept_{target_name}").write_bytes(Path(filename).read_bytes()[::-1])

    run_with(Elsewhere("runs"))
    assert (files / "kept_made.txt").read_text() == "txt.tuo"
    assert not (files / "runs" / "1" / "made.txt").exists()
    assert record(files)["artifacts"] == ["made.txt"]


def test_copies_of_resources_and_sources_may_lie_elsewhere(files: Path) -> None:
    class Linked(FileStorageObserver):
        def find_or_save(self, filename: Any, store_dir: Any) -> Path:
            return Path("/elsewhere") / Path(filename).name

    run_with(Linked("runs"))
    stored = record(files)
    assert stored["resources"] == [[str(files / "data.txt"), "/elsewhere/data.txt"]]
    assert stored["experiment"]["sources"]
    assert all("elsewhere" in path for _, path in stored["experiment"]["sources"])
    assert not (files / "runs" / "_sources").exists()


def test_what_save_sources_returns_is_recorded(files: Path) -> None:
    class Bundled(FileStorageObserver):
        def save_sources(self, ex_info: Any) -> list[list[str]]:
            return [["all", "bundle.zip"]]

    run_with(Bundled("runs"))
    assert record(files)["experiment"]["sources"] == [["all", "bundle.zip"]]
    assert record(files)["experiment"]["name"] == "hooks"


@pytest.mark.parametrize("fails", [False, True])
def test_what_save_json_changes_is_stored(files: Path, fails: bool) -> None:
    class Extended(FileStorageObserver):
        def save_json(self, obj: Any, filename: str) -> None:
            if filename == "run.json":
                obj = {**obj, "job": {"id": 7, "status": obj["status"]}}
            super().save_json(obj, filename)

    if fails:
        with pytest.raises(ValueError, match="broken"):
            run_with(Extended("runs"), fails=True)
    else:
        run_with(Extended("runs"))
    status = "FAILED" if fails else "COMPLETED"
    assert record(files)["job"] == {"id": 7, "status": status}
    assert record(files)["status"] == status


def test_a_method_that_fails_costs_only_its_event(files: Path) -> None:
    class Failing(FileStorageObserver):
        def save_file(self, filename: str, target_name: str | None = None) -> None:
            raise OSError("full")

    assert run_with(Failing("runs")).status == "COMPLETED"
    assert record(files)["artifacts"] == []
    assert record(files)["status"] == "COMPLETED"
