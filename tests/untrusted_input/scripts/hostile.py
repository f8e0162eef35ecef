"""A run with strange output, info, config, result and artifacts."""

from __future__ import annotations

import json
import os
import sys

from sacred import Experiment

ex = Experiment("hostile", save_git_info=False)


class Raises:
    """Nothing can be done with it."""

    def __repr__(self):
        raise RuntimeError("no repr")

    __str__ = __hash__ = __reduce__ = __getstate__ = __repr__


KEYS = ["a.b", "$set", "a=b", "__proto__", "__class__", "", " ", "é‒😀", "json://1", "py/reduce"]
NAMES = [
    "../escaped", "/tmp/escaped", "a/../../escaped", "..", ".", "", "nul\0", "x" * 300, "run.json",
    "RUN.JSON", "./run.json", "cout.txt", "metrics.jsonl", "info.json", "config.json", "a/./../b",
    "d/" * 2000 + "f", "~/f", "line\nbreak", "-rf", "$(touch hacked)", "é‒😀.txt", "C:\\x",
    "CON", "con.txt", "a\\..\\..\\escaped", "%2e%2e/f", "file://x", "…/..…",
]  # fmt: skip


def output():
    os.write(1, bytes(range(256)) + b"\xff\xfe\xed\xa0\x80\xc3" + b"\x1b[31mred\x1b]0;title\x07\n")
    print("\r50%\r100%\b\b\x00 nul \x7f \u2028 \ud800".encode(errors="replace").decode())
    sys.stdout.buffer.write("half of a character: é"[:-1].encode() + b"\xc3")
    sys.stdout.flush()


@ex.config
def config():
    size = 1000
    entries = 0
    values = {f"k{n}": [n, n / 7] for n in range(entries // 3)}


@ex.main
def main(_run, size):
    output()
    piece = b"x" * 100_000
    for _ in range(size // len(piece)):
        os.write(1, piece)
    info = _run.info
    info["keys"] = {key: n for n, key in enumerate(KEYS)}
    info["numbers"] = [float("nan"), float("inf"), -float("inf"), 10**400, -0.0, 2**63]
    info["circle"] = circle = {}
    circle["again"] = [circle]
    info["raises"] = Raises()
    info["types"] = [{1: 2, (3, 4): 5}, {6, 7}, b"\xff", lambda: 0, sys, 3 + 4j]
    deep = info["deep"] = []
    for _ in range(500):
        deep.append(deep := [])
    for name in ["m.n", "$m", "", "é‒😀", "__proto__"]:
        for value in [1.5, float("nan"), float("inf"), 10**30]:
            _run.log_scalar(name, value)
    with open("content", "w") as file:
        file.write("content")
    told = {}
    for name in NAMES:
        try:
            _run.add_artifact("content", name=name)
            told[name] = "stored"
        except (ValueError, FileExistsError) as error:
            told[name] = f"{type(error).__name__}: {error}"
    with open("told.json", "w") as file:
        json.dump(told, file)
    return {"keys": {key: n for n, key in enumerate(KEYS)}, "raises": Raises(), "nan": float("nan")}


if __name__ == "__main__":
    ex.run_commandline()
