"""An experiment that keeps an account of what it does, to be compared with its record.

The account is a file of JSON lines, each on the disk before the script goes on. What
happens at step n follows from n alone (`line`, `value`, `artifact`), so that the
account needs to say no more than how far the script came.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from sacred import Experiment
from sacred.observers import RunObserver

ex = Experiment("worker", save_git_info=False)


def line(n: int) -> str:
    """What is printed at a step, with characters of several bytes."""
    return f"line {n} ‒ é {'x' * (n % 50)}\n"


def value(n: int) -> float:
    """The point of a step."""
    return n / 7


def artifact(n: int) -> bytes:
    """The content of the artifact of a step."""
    return f"artifact {n}\n".encode() * (1 + n % 3000)


class Account(RunObserver):
    """Writes the account. Told last, so what is in it the stores have been told before."""

    priority = -1000

    def __init__(self) -> None:
        self._fd = -1
        self._points = 0

    def write(self, **entry: Any) -> None:
        """A line, on the disk when this returns."""
        os.write(self._fd, (json.dumps(entry) + "\n").encode())
        os.fsync(self._fd)

    def started_event(self, *, config: Any, _id: Any, **_: Any) -> Any:
        self._fd = os.open(config["account"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.write(what="started", id=_id)

    def log_metrics(self, metrics_by_name: Any, info: Any) -> None:
        self._points += len(metrics_by_name.get("loss", {"values": ()})["values"])

    def heartbeat_event(self, *, captured_out: str, **_: Any) -> None:
        self.write(what="beat", points=self._points, output=len(captured_out), time=time.time())

    def completed_event(self, **_: Any) -> None:
        self.write(what="closed", status="COMPLETED")

    def interrupted_event(self, *, status: str, **_: Any) -> None:
        self.write(what="closed", status=status)

    def failed_event(self, **_: Any) -> None:
        self.write(what="closed", status="FAILED")


account = Account()


@ex.config
def config():
    account = "account.jsonl"
    steps = 10**9
    pause = 0.005
    artifact_every = 20
    ending = "return"


@ex.main
def main(_run, steps, pause, artifact_every, ending):
    for n in range(steps):
        print(line(n), end="", file=sys.stderr if n % 7 == 6 else sys.stdout)
        _run.info["n"] = n
        _run.info.setdefault("all", {})[f"step {n % 100}"] = [n, {"deep": value(n)}]
        _run.log_scalar("loss", value(n), n)
        if artifact_every and n % artifact_every == 0:
            add_artifact(_run, n)
        account.write(what="step", n=n, time=time.time())
        time.sleep(pause)
    return end(ending)


def add_artifact(run: Any, n: int) -> None:
    """Make a file, add it, and remove it at once."""
    path = f"{os.getpid()}-{n}.bin"
    with open(path, "wb") as file:
        file.write(artifact(n))
    # With its type, for else MongoObserver prints what it has guessed.
    run.add_artifact(path, name=f"files/{n}.bin", content_type="application/octet-stream")
    account.write(what="artifact", n=n)
    os.remove(path)


def end(how: str) -> Any:
    """End as the test wants it."""
    account.write(what="ending", time=time.time())
    kind, _, number = how.partition(" ")
    if kind == "raise":
        raise ValueError("the reason, é")
    if kind == "exit":
        sys.exit(int(number) if number else None)
    if kind == "_exit":
        os._exit(int(number))
    if kind == "wait":
        time.sleep(60)
    return {"answer": 42}


if __name__ == "__main__":
    ex.observers.append(account)
    ex.run_commandline()
