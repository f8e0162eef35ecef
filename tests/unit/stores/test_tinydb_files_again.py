"""Artifacts of one name whose changes are applied again, in order: the last content stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from sacred.stores.changes import AddFile
from sacred.stores.tinydb.store import local_tinydb


@pytest.mark.parametrize("contents", [["", "x"], ["x", "y", "x"], ["x", "x"], ["a", "b", "c"]])
@pytest.mark.parametrize("applied", [1, 2, 3])
def test_the_last_content_is_that_of_the_last_change(
    tmp_path: Path, contents: list[str], applied: int
) -> None:
    store = local_tinydb(str(tmp_path / "db"))
    run_id = store.create(None, {"experiment": {}, "host": {}, "config": {}}, [])
    changes = []
    for number, content in enumerate(contents):
        path = tmp_path / f"file{number}"
        path.write_text(content)
        change = AddFile(kind="artifact", name="a.txt", path=str(path), count=number + 1)
        changes.append(change)
    for _ in range(applied):
        store.apply(run_id, changes)
    file = store.reader().document(run_id)["artifacts"][-1]
    with store.reader().open_file(run_id, file) as opened:
        assert opened.read().decode() == contents[-1]
