"""Buckets that refuse, or are gone, in the middle of a run: it goes on, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sacred.run import Run
from sacred.stores.schemes import store_from_url
from sacred.stores.spool import replay
from tests.store_failures.places import GooglePlace, S3Place
from tests.store_failures.test_store_failures import (
    assert_complete,
    execute,
    live_a_bit,
    spools_in,
)

every_bucket = pytest.mark.parametrize("place", ["s3", "google"], indirect=True)
BucketPlace = S3Place | GooglePlace


@every_bucket
def test_rights_that_are_taken_away_and_given_back(place: BucketPlace, tmp_path: Path) -> None:
    observer = place.observer(tmp_path / "spools")

    def body(run: Run) -> int:
        live_a_bit(run, 0, tmp_path)
        place.server.refusing = True
        live_a_bit(run, 1, tmp_path)
        assert observer.delivery is not None
        assert observer.delivery.pending
        place.server.refusing = False
        observer.delivery.quiet_until = 0
        live_a_bit(run, 2, tmp_path)
        return 42

    run, memory = execute(observer, body)
    assert (run.result, run.status) == (42, "COMPLETED")
    assert len(assert_complete(place, run, memory)["artifacts"]) == 3
    assert not spools_in(tmp_path / "spools")


@every_bucket
def test_rights_that_are_taken_away_for_good(
    place: BucketPlace, tmp_path: Path, capfd: Any
) -> None:
    observer = place.observer(tmp_path / "spools")

    def body(run: Run) -> int:
        live_a_bit(run, 0, tmp_path)
        place.server.refusing = True
        live_a_bit(run, 1, tmp_path)
        return 42

    run, memory = execute(observer, body)
    assert (run.result, run.status) == (42, "COMPLETED")
    [spool] = spools_in(tmp_path / "spools")
    printed = capfd.readouterr().err
    assert str(spool) in printed
    assert place.named in printed
    place.server.refusing = False
    replay(spool, store_from_url(place.place.url))
    assert_complete(place, run, memory)


@every_bucket
def test_a_bucket_that_vanishes(place: BucketPlace, tmp_path: Path, capfd: Any) -> None:
    """What comes after that is in the spool, and the error says which bucket there is not."""
    observer = place.observer(tmp_path / "spools")

    def body(run: Run) -> int:
        live_a_bit(run, 0, tmp_path)
        place.server.remove_bucket(place.bucket)
        live_a_bit(run, 1, tmp_path)
        return 42

    run, _ = execute(observer, body)
    assert (run.result, run.status) == (42, "COMPLETED")
    [spool] = spools_in(tmp_path / "spools")
    printed = capfd.readouterr().err
    assert str(spool) in printed
    assert place.bucket in printed
    kept = spool.read_text()
    assert '"result": 42' in kept
    assert "key1" in kept
    assert any(path.read_bytes() == b"content 1" for path in spool.parent.iterdir())
    # The record is made anew from what there is: its beginning, and all that was kept.
    place.server.make_bucket(place.bucket)
    for _ in range(2):
        assert replay(spool, store_from_url(place.place.url)) == run._id
        found = place.place.read(run._id)
        assert (found["status"], found["result"]) == ("COMPLETED", 42)
        assert found["artifacts"].keys() == {"a1"}
        assert [point[0] for point in found["metrics"]["loss"]] == [2, 3]
