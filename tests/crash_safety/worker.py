"""Starting the script of an experiment, disturbing it, and judging what is stored of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from sacred.stores.spool import replay
from tests.conftest import ROOT
from tests.crash_safety.places import Place, Stored
from tests.crash_safety.scripts.worker import artifact, line, value

__all__ = ["Account", "Worker", "check_complete", "check_one_beat_lost_at_most", "undisturbed"]

SCRIPT = Path(__file__).parent / "scripts" / "worker.py"
# For what takes a second on an idle machine.
PATIENCE = 300.0


@dataclass(slots=True)
class Account:
    """What the script wrote down about itself."""

    run_id: Any = None
    steps: int = 0
    step_times: list[float] = field(default_factory=list)
    beats: int = 0
    points_at_beat: int = 0
    output_at_beat: int = 0
    artifacts: list[int] = field(default_factory=list)
    ending: float | None = None
    status: str | None = None

    @classmethod
    def read(cls, path: Path) -> Account:
        """Read a file; its last line may be cut off."""
        self = cls()
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        for entry in map(json.loads, lines):
            match entry["what"]:
                case "started":
                    self.run_id = entry["id"]
                case "step":
                    self.steps = entry["n"] + 1
                    self.step_times.append(entry["time"])
                case "beat":
                    self.beats += 1
                    self.points_at_beat = entry["points"]
                    self.output_at_beat = entry["output"]
                case "artifact":
                    self.artifacts.append(entry["n"])
                case "ending":
                    self.ending = entry["time"]
                case "closed":
                    self.status = entry["status"]
        return self


class Worker:
    """The script in a process of its own, with a clean environment and a scratch directory.

    Args:
        place: where it records; None: nowhere.
        directory: for its files; its home.
        options: more words for its command line, in front of the configuration.
        beat: seconds between heartbeats.
        process: more arguments for `subprocess.Popen`.
        config: entries of its configuration.
    """

    def __init__(
        self,
        place: Place | None,
        directory: Path,
        *options: str,
        beat: float = 0.25,
        process: dict[str, Any] | None = None,
        **config: Any,
    ) -> None:
        self.place = place
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.account_file = directory / "account.jsonl"
        config = {"account": self.account_file, **config}
        self._command = [sys.executable, str(SCRIPT), "with"]
        self._command += [f"{name}={entry}" for name, entry in config.items()]
        self._command += ["-l", "CRITICAL", "-b", str(beat), *options]
        self._command += place.arguments if place else []
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(directory),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            **(place.environment if place else {}),
        }
        self._options = process or {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it."""
        with open(self.directory / "out", "wb") as out, open(self.directory / "err", "wb") as err:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                **self._options,
            )
        return self

    def run(self) -> int:
        """Start it and wait until it has ended; returns the exit code."""
        return self.start().wait()

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait until it has ended; returns the exit code."""
        assert self._process is not None
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait_until(self, reached: Callable[[Account], bool]) -> Account:
        """Wait until its account says so, or it has ended."""
        assert self._process is not None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            ended = self._process.poll() is not None
            account = self.account
            if ended or reached(account):
                return account
            time.sleep(0.01)
        self._process.kill()
        raise AssertionError(f"not reached within {PATIENCE} s: {self.account}, {self.stderr}")

    @property
    def account(self) -> Account:
        """What it wrote down so far."""
        return Account.read(self.account_file)

    @property
    def stdout(self) -> str:
        """What reached its standard output."""
        return (self.directory / "out").read_text()

    @property
    def stderr(self) -> str:
        """What reached its standard error."""
        return (self.directory / "err").read_text()

    @property
    def spools(self) -> list[Path]:
        """What it could not store."""
        return sorted(self.directory.glob(".local/share/sacred/spool/*/record.jsonl"))

    @property
    def stored(self) -> Stored:
        """The record, read by plain means."""
        assert self.place is not None
        return self.place.read(self.account.run_id)


def output_of(steps: int) -> str:
    """All that the script prints in so many steps."""
    return "".join(map(line, range(steps)))


def trace_of(stored: Stored) -> str:
    """The end of a failed run's output: its traceback."""
    return "".join(stored.fail_trace or []) if stored.status == "FAILED" else ""


def points_of(steps: int) -> list[tuple[int, float]]:
    """All points that it logs."""
    return [(n, value(n)) for n in range(steps)]


def check_complete(stored: Stored, account: Account) -> None:
    """All that the script did is there, and nothing else."""
    assert stored.output == output_of(account.steps) + trace_of(stored)
    assert stored.points.get("loss", []) == points_of(account.steps)
    assert stored.info.get("n", -1) == account.steps - 1
    _check_artifacts(stored, account)


def check_interrupted(stored: Stored, account: Account) -> None:
    """As complete as an end in the midst of a step can be: of the next step there may be parts."""
    count, next_line = account.steps, line(account.steps)
    whole = output_of(count)
    assert stored.output.startswith(whole)
    assert next_line.startswith(stored.output.removeprefix(whole))
    assert stored.points.get("loss", []) in (points_of(count), points_of(count + 1))
    assert stored.info.get("n", -1) in (count - 1, count)
    _check_artifacts(stored, account)


def check_one_beat_lost_at_most(stored: Stored, account: Account) -> None:
    """All that the last delivered beat had is there, and what is there is true."""
    assert len(stored.output) >= account.output_at_beat
    assert output_of(account.steps + 1).startswith(stored.output)
    points = stored.points.get("loss", [])
    assert len(points) >= account.points_at_beat
    assert points == points_of(account.steps + 1)[: len(points)]
    assert account.points_at_beat - 1 <= stored.info.get("n", -1) <= account.steps
    _check_artifacts(stored, account)


def _check_artifacts(stored: Stored, account: Account) -> None:
    for n in account.artifacts:
        assert stored.artifacts[f"files/{n}.bin"] == artifact(n)
    # One more may have been stored just before the script could say so.
    assert len(stored.artifacts) <= len(account.artifacts) + 1


def replay_to(place: Place, spool: Path, *, remove: bool = False) -> None:
    """Bring a spool to its store, as users do."""
    store = place.open()
    replay(spool, store, remove=remove)
    store.close()


def undisturbed(steps: int, artifact_every: int = 20) -> Stored:
    """What has to be stored of a run of so many steps that returns."""
    everything = [n for n in range(steps) if artifact_every and n % artifact_every == 0]
    info: dict[str, Any] = {"n": steps - 1, "all": {}}
    for n in range(steps):
        info["all"][f"step {n % 100}"] = [n, {"deep": value(n)}]
    return Stored(
        status="COMPLETED",
        result={"answer": 42},
        output=output_of(steps),
        points={"loss": points_of(steps)},
        info=info,
        artifacts={f"files/{n}.bin": artifact(n) for n in everything},
        fail_trace=[],
    )
