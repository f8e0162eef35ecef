"""Runs that start while somebody removes what no run refers to.

Each looks after a while whether all its files are there, and is then thrown away: so contents
become unused all the time, and are used again just when they may be removed.
"""

from __future__ import annotations

import datetime
import itertools
import random
import sys
import time
from pathlib import Path

from sacred import open_store
from sacred.observers.store_observer import StoreObserver
from sacred.stores import collector
from sacred.stores.local_files import md5_of_file
from sacred.testing import drive
from sacred.upkeep import discard

# Each use is said, for contents count a second here, and not a day.
collector.COUNTS = datetime.timedelta(0)
CONTENTS = 60


def main(url: str, seed: str, seconds: float, at_least: int) -> None:
    """Start runs for so long, and so many at least; the last one is kept."""
    numbers = random.Random(seed)
    directory = Path(seed)
    directory.mkdir()
    end = time.monotonic() + seconds
    with open_store(url) as store:
        for run in itertools.count(1):
            names = [f"{kind}{numbers.randrange(CONTENTS)}" for kind in ("source", "resource")]
            for name in (*names, "artifact"):
                # As from any process: what is the same is shared.
                (directory / name).write_text(f"content of {name}")
            source, resource = (directory / name for name in names)
            listed = [(names[0], md5_of_file(str(source)))]
            observer = StoreObserver(store.backend)
            run_id = drive.start(observer, ex_info={"sources": listed, "base_dir": str(directory)})
            observer.resource_event(filename=str(resource))
            observer.artifact_event(name="artifact", filename=str(directory / "artifact"))
            drive.complete(observer)
            time.sleep(numbers.random() / 20)
            check(store[run_id], names)
            if run > at_least and time.monotonic() > end:
                break
            discard(store, [store[run_id].id])


def check(run, names: list[str]) -> None:
    """All its files are there, with their contents."""
    for files in (run.sources, run.resources, run.artifacts):
        [file] = files.values()
        name = Path(file.name).name
        assert file.read().decode() == f"content of {name}", (run, file)
        assert name in (*names, "artifact")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
