"""Points that are pushed while the server is killed: none is stored twice, none is lost."""

from __future__ import annotations

import contextlib
import datetime
import threading
import uuid
from collections.abc import Iterator

import pymongo
import pytest
from pymongo.errors import PyMongoError

from sacred._base.timestamps import Timestamps
from sacred.stores.changes import AddPoints
from sacred.stores.mongo import points as mongo_points
from sacred.stores.mongo.points import MongoMetrics
from sacred.stores.store import StoreError
from tests.crash_safety.effort import generator, pick
from tests.services.mongo import MongoServer

pytestmark = pytest.mark.slow

KILLS = pick(3, 40)
BATCH_SIZE = 997
#: So that documents are begun as often as they are continued.
LONG, SHORT = 5_000, 1_500
T0 = 1_767_312_000.0


@pytest.fixture(scope="module", params=[False, True], ids=["alone", "replica_set"])
def server(request: pytest.FixtureRequest) -> Iterator[MongoServer]:
    """One that may be killed; only in a replica set does the driver itself repeat writes."""
    with MongoServer(replica_set=request.param) as server:
        yield server


def points(start: int) -> AddPoints:
    numbers = range(start, start + BATCH_SIZE)
    return AddPoints(
        name="loss",
        start=start,
        steps=list(numbers),
        values=[n + 0.5 for n in numbers],
        timestamps=Timestamps([T0 + n / 1000 for n in numbers]),
    )


def test_no_point_is_stored_twice_or_lost(
    server: MongoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo_points, "POINTS_PER_DOCUMENT", LONG)
    monkeypatch.setattr(mongo_points, "POINTS_PER_PART", SHORT)
    chance = generator("no_point_is_stored_twice")
    if not server.running:
        server.start()
    # Journaled, so that what the server has said is stored is stored.
    with pymongo.MongoClient(
        server.url, serverSelectionTimeoutMS=500, journal=True, retryWrites=True
    ) as client:
        collection = client[f"push_{uuid.uuid4().hex[:8]}"]["metrics"]
        metrics = MongoMetrics(collection, 1, True)
        failures = total = 0
        for _ in range(KILLS):
            while not added(metrics, total):  # until it is back, and a primary is elected
                failures += 1
            total += BATCH_SIZE
            killer = threading.Timer(chance.uniform(0.0, 0.3), server.kill)
            killer.start()
            while server.running or killer.is_alive():
                # As a `Delivery` does: what has failed, or may have, comes again.
                if added(metrics, total):
                    total += BATCH_SIZE
                else:
                    failures += 1
            killer.join()
            server.restart()
        while not added(metrics, total):
            failures += 1
        total += BATCH_SIZE
        documents = sorted(collection.find({"run_id": 1}), key=lambda d: d.get("part", 0))
        for name, kind in (("steps", int), ("values", float), ("timestamps", datetime.datetime)):
            stored = [item for document in documents for item in document[name]]
            assert len(stored) == total, name
            assert {type(item) for item in stored} == {kind}
        assert [s for d in documents for s in d["steps"]] == list(range(total))
        assert all(len(d["steps"]) == (SHORT if "part" in d else LONG) for d in documents[:-1])
        print(f"{total} points, {KILLS} kills, {failures} attempts that failed")


def added(metrics: MongoMetrics, start: int) -> bool:
    with contextlib.suppress(PyMongoError, StoreError):
        metrics.add(points(start))
        return True
    return False
