"""Runs for the page to show, given to any store as an experiment would."""

from __future__ import annotations

import datetime
import struct
import zlib
from pathlib import Path
from typing import Any

from sacred._base.clock import utcnow
from sacred.observers.store_observer import StoreObserver
from sacred.stores.store import Store

TRACE = (
    "Traceback (most recent call last):\n",
    '  File "/venv/lib/python3.11/site-packages/sacred/run.py", line 3, in __call__\n',
    "    self.result = self._main()\n",
    '  File "/home/me/train.py", line 7, in main\n',
    "    1 / 0\n",
    "ZeroDivisionError: division by zero\n",
)


def picture() -> bytes:
    """A picture of one red point, as PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
        + chunk(b"IEND", b"")
    )


class Recorder:
    """Starts runs in a store."""

    def __init__(self, store: Store, directory: Path) -> None:
        self._store = store
        self._directory = directory
        self._files: dict[tuple[str, bytes], str] = {}

    def file(self, name: str, content: bytes) -> str:
        """The path of a file, which is the same for the same name and content."""
        if (name, content) not in self._files:
            path = self._directory / str(len(self._files) + 1)
            path.mkdir(parents=True)
            (path / name).write_bytes(content)
            self._files[name, content] = str(path / name)
        return self._files[name, content]

    def start(
        self, config: dict[str, Any], name: str = "vision", age: float = 60, **meta: Any
    ) -> Live:
        """A run that has begun some seconds ago."""
        observer = StoreObserver(self._store)
        source = self.file("train.py", b"import numpy\n\n\ndef main():  # trains\n    return 1\n")
        start = utcnow() - datetime.timedelta(seconds=age)
        run_id = observer.started_event(
            ex_info={
                "name": name,
                "base_dir": str(Path(source).parent),
                "sources": [["train.py", source]],
                "mainfile": "train.py",
                "dependencies": ["numpy==2.1.0"],
                "repositories": [{"url": "u", "commit": "4c1c92f", "dirty": False}],
            },
            command="main",
            host_info={"hostname": "gpu-01", "os": ["Linux", "6"], "python_version": "3.11"},
            start_time=start,
            config=config,
            meta_info={"comment": "", **meta},
            _id=None,
        )
        return Live(self, observer, run_id, start)


class Live:
    """A run under way."""

    def __init__(
        self, recorder: Recorder, observer: Any, run_id: Any, start: datetime.datetime
    ) -> None:
        self._recorder = recorder
        self.observer = observer
        self.id = run_id
        self.start = start

    def log(self, name: str, values: list[float], first: int = 0) -> None:
        """Log points, one a second."""
        steps = list(range(first, first + len(values)))
        times = [self.start + datetime.timedelta(seconds=step) for step in steps]
        points = {"name": name, "values": values, "steps": steps, "timestamps": times}
        self.observer.log_metrics({name: points}, {})

    def explain(self, rows: list[dict[str, Any]]) -> None:
        """Store where entries of the configuration come from."""
        self.observer.details_event("provenance", {"rows": rows})

    def print(self, output: str) -> None:
        """Store all that has been printed so far."""
        self.observer.heartbeat_event(
            info={"params": 3}, captured_out=output, beat_time=utcnow(), result=None
        )

    def add(self, name: str, path: str) -> None:
        """Add an artifact."""
        self.observer.artifact_event(name=name, filename=path)

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add an artifact with some content."""
        self.add(name, self._recorder.file("content", content))

    def complete(self, result: Any) -> None:
        """End well."""
        self.observer.completed_event(stop_time=utcnow(), result=result)
        self.observer.join()

    def fail(self) -> None:
        """End with an exception."""
        self.observer.failed_event(fail_time=utcnow(), fail_trace=list(TRACE))
        self.observer.join()


def record(store: Store, directory: Path) -> None:
    """Four runs: three completed, one failed."""
    recorder = Recorder(store, directory)
    for n, (lr, result) in enumerate([(0.1, 0.5), (0.01, 0.9), (0.001, 0.7)], 1):
        run = recorder.start(
            {"lr": lr, "opt": {"name": "adam" if n < 3 else "sgd"}, "seed": n},
            age=600 * (5 - n),
            tags=["base"] if n == 1 else [],
        )
        run.log("loss", [1 / (step + 1) for step in range(20)])
        run.log("val acc (%)", [float(step) for step in range(20)])
        run.print("\x1b[32mgreen\x1b[0m line\nplain line\n")
        if n == 2:
            run.add("scores.csv", recorder.file("scores.csv", b"epoch,f1\n1,0.5\n2,0.75\n"))
            run.add("dot.png", recorder.file("dot.png", picture()))
            run.add("tree.json", recorder.file("tree.json", b'{"best": {"epoch": 17}}'))
        run.complete(result)
    failed = recorder.start({"lr": 1, "opt": {"name": "sgd"}, "seed": 4}, name="language")
    failed.print("about to fail\n")
    failed.fail()


def hostile_texts() -> list[str]:
    """What runs something if it is taken for HTML, an attribute, an address or JavaScript."""
    act = "window.hacked=1;document.title='hacked';fetch('http://127.0.0.1:9/x')"
    return [
        f'<img src=x onerror="{act}">',
        f"<script>{act}</script>",
        f'"><svg onload="{act}">',
        f"javascript:{act}",
        "</textarea></style></title><iframe src='http://127.0.0.1:9/frame'></iframe>",
        "{{constructor.constructor('window.hacked=1')()}}${window.hacked=1}",
        "__proto__",
    ]


def record_hostile(store: Store, directory: Path) -> Any:
    """A run in whose record all texts are hostile; its id."""
    recorder = Recorder(store, directory)
    first, script, svg, address, frame, template, prototype = hostile_texts()
    config = {first: script, "list": [svg, address], "n": {frame: template}, "constructor": "x"}
    run = recorder.start(config, name=first, tags=hostile_texts(), notes=script, group=svg)
    run.log(first, [1.0, 2.0])
    run.log(prototype, [1.0])
    run.print("".join(f"{text}\n" for text in hostile_texts()) + "\x1b]0;title\x07\x1b[31m<b>x")
    page = f"<html><body>{first}{script}</body></html>".encode()
    picture = f"<svg xmlns='http://www.w3.org/2000/svg'>{script}</svg>".encode()
    files = {
        "page.html": page,
        "picture.svg": picture,
        "t.csv": f"{first},b\n{svg},1\n".encode(),
        "t.json": b'{"__proto__": {"<b>": "<script>"}}',
        "<img src=x onerror=alert(1)>.txt": script.encode(),
    }
    for name, content in files.items():
        run.add(name, recorder.file("content", content))
    run.complete({first: script})
    return run.id
