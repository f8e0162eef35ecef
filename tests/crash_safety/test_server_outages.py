"""Servers that go away, come back or not, and were never there: the run goes on, and nothing
is lost."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash_safety.effort import pick
from tests.crash_safety.places import MongoPlace, Place, PostgresPlace
from tests.crash_safety.worker import Worker, check_complete, replay_to, undisturbed
from tests.services.mongo import MongoServer
from tests.services.postgres import PostgresServer

pytestmark = pytest.mark.slow

Served = tuple[Any, Place]

# When the server dies, in seconds after the start; how long the run works in all.
DEATH = pick(0.3, 4.0)
STEPS, PAUSE = pick((25, 0.04), (400, 0.04))


@pytest.fixture(scope="module")
def victims() -> Iterator[dict[str, Any]]:
    """Servers that may be killed, by name, made by the first test that needs them."""
    servers: dict[str, Any] = {}
    yield servers
    for server in servers.values():
        server.close()


@pytest.fixture(params=["mongo", "postgres"])
def served(request: pytest.FixtureRequest, victims: dict[str, Any]) -> Iterator[Served]:
    """A server that may be killed, and an empty store there."""
    kind = {"mongo": MongoServer, "postgres": PostgresServer}[request.param]
    # To make one takes longer than to start it again.
    server = victims.get(request.param) or victims.setdefault(request.param, kind())
    if not server.running:
        server.start()
    if isinstance(server, PostgresServer):
        yield server, PostgresPlace(server.create_database())
        return
    with MongoPlace(server.url, f"faults_{uuid.uuid4().hex[:12]}", pick(0.5, 5)) as place:
        yield server, place
        if not server.running:
            server.start()  # for the client, which drops the database


@pytest.mark.parametrize("away", pick([0.5], [4.0, 45.0]))
def test_a_server_that_comes_back_gets_all(served: Served, tmp_path: Path, away: float) -> None:
    server, place = served
    # The run ends after the server is back: the long way, within the attempts of its end.
    steps = int(STEPS + away / PAUSE)
    worker = Worker(place, tmp_path / "w", steps=steps, pause=PAUSE).start()
    worker.wait_until(lambda account: account.steps > 0)
    time.sleep(DEATH)
    server.kill()
    time.sleep(away)
    server.start()
    assert worker.wait() == 0, worker.stderr
    assert not worker.spools
    assert worker.stored == undisturbed(steps)


@pytest.mark.parametrize("served", pick(["postgres"], ["mongo", "postgres"]), indirect=True)
def test_a_server_that_dies_for_good(served: Served, tmp_path: Path) -> None:
    """The result is the user's; all is in the spool, and from there gets to the store."""
    server, place = served
    worker = Worker(place, tmp_path / "w", steps=STEPS, pause=PAUSE).start()
    worker.wait_until(lambda account: account.steps > 0)
    time.sleep(DEATH)
    server.kill()
    ending = worker.wait_until(lambda account: account.ending is not None).ending
    assert worker.wait() == 0, worker.stderr
    assert ending is not None
    print(f"the process had gone {time.time() - ending:.1f} s after the end of main")
    assert worker.account.steps == STEPS
    [spool] = worker.spools
    assert str(spool) in worker.stderr
    server.start()
    assert worker.stored.status == "RUNNING"
    for _ in range(2):  # again: no harm
        replay_to(place, spool)
        assert worker.stored == undisturbed(STEPS)


def test_a_run_that_fails_without_its_server(served: Served, tmp_path: Path) -> None:
    server, place = served
    config = {"steps": 30, "pause": PAUSE, "ending": "raise"}
    worker = Worker(place, tmp_path / "w", **config).start()
    worker.wait_until(lambda account: account.steps > 0)
    server.kill()
    assert worker.wait() == 1
    assert "ValueError: the reason" in worker.stderr
    [spool] = worker.spools
    server.start()
    replay_to(place, spool, remove=True)
    assert not spool.parent.exists()
    stored = worker.stored
    assert stored.status == "FAILED"
    assert stored.fail_trace[-1] == "ValueError: the reason, é\n"
    check_complete(stored, worker.account)


def test_a_server_that_was_never_there(served: Served, tmp_path: Path) -> None:
    """One clear error, soon, and nothing has run."""
    server, place = served
    server.stop()
    worker = Worker(place, tmp_path / "w", steps=1)
    began = time.monotonic()
    assert worker.run() == 1
    print(f"said so after {time.monotonic() - began:.1f} s")
    assert worker.account.steps == 0
    [*_, last] = worker.stderr.strip().splitlines()
    assert str(server.port) in last
    assert "Traceback" not in worker.stderr
    assert "secret" not in worker.stderr
