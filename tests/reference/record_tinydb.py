"""Make ``tinydb_0.8/``: a database of sacred 0.8.7, and what its own reader says of it.

Run in an environment with ``sacred==0.8.7 "tinydb<4" "tinydb-serialization<2" hashfs
"numpy<2" "pandas==2.0.3" "setuptools<80"``, from this directory. What 0.8.7 gives depends on
nothing else, so the script was run once and its results are part of the tests.
"""

import datetime
import json
import os
import shutil
import tempfile

import numpy as np
import pandas as pd

from sacred.observers import TinyDbObserver, TinyDbReader

TARGET = os.path.abspath("tinydb_0.8")
START = datetime.datetime(2026, 1, 2, 3, 4, 5, 678)
CONFIG = {"b": {"c": [1.5, "x"], "d": None}, "a": 1, "t": (1, 2), "array": np.arange(3)}
INFO = {
    "matrix": np.arange(4.0).reshape(2, 2),
    "frame": pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}),
    "series": pd.Series([1.5, 2.5]),
    "when": datetime.datetime(2026, 1, 2, 3, 4, 5, 678),
    "single": np.float32([0.5]),
}


def record(name, _id, config, files=()):
    observer = TinyDbObserver(TARGET)
    ex_info = {
        "name": name,
        "base_dir": ".",
        "sources": [(file, "unused") for file in files],
        "dependencies": ["sacred==0.8.7", "numpy==1.26.4"] if files else [],
        "repositories": [],
        "mainfile": files[0] if files else None,
    }
    host = {"hostname": "here", "os": ["Linux", "6"], "python_version": "3.11.7"}
    observer.started_event(ex_info, "main", host, START, config, {"comment": name}, _id)
    return observer


def main():
    shutil.rmtree(TARGET, ignore_errors=True)
    os.chdir(tempfile.mkdtemp())
    for file in ("main.py", "a.py", "data.csv", "out.txt"):
        with open(file, "w") as stream:
            stream.write(f"content of {file}\n")

    full = record("first ex", "0" * 31 + "1", CONFIG, ["main.py", "a.py"])
    full.resource_event("data.csv")
    full.artifact_event("result", "out.txt")
    full.heartbeat_event(INFO, "hello é\n", START, 0.5)
    full.completed_event(START + datetime.timedelta(seconds=3661.26), 42)

    failed = record("second ex", "0" * 31 + "2", {"text": "two\nlines", "m": np.eye(2)})
    failed.heartbeat_event({}, "", START, "a\ntext")
    failed.failed_event(START + datetime.timedelta(days=2, seconds=5.6789), ["E: bad\n"])

    record("second ex", 3, {"seed": 1})  # still running

    reports = TinyDbReader(TARGET).fetch_report(indices=[0, 1])
    with open(os.path.join(TARGET, "reports.json"), "w") as stream:
        json.dump(reports, stream, indent=1)


if __name__ == "__main__":
    main()
