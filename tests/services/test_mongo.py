"""The server that the tests of MongoDB stand on: it starts, crashes, comes back and dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymongo
import pytest
from pymongo.errors import PyMongoError

from tests.conftest import ROOT
from tests.services.mongo import URL_VARIABLE, MongoServer, RemoteServer, _cached_mongod

ORPHAN = """
import sys, time
from tests.services.mongo import MongoServer
server = MongoServer().start()
print(server.port, server.pid, server.directory, flush=True)
time.sleep(100)
"""


def client(server: MongoServer) -> pymongo.MongoClient[dict[str, Any]]:
    return pymongo.MongoClient(server.url, serverSelectionTimeoutMS=500)


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Reparented to a container's init that does not reap, it stays as a zombie.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and ") Z " in status.read_text())


def test_each_test_gets_an_empty_database_of_a_real_server(mongo_db: Any) -> None:
    assert mongo_db.list_collection_names() == []
    mongo_db.runs.insert_one({"config": {"C": 2.0}})
    assert mongo_db.runs.find_one({"config.C": 2.0})["config"] == {"C": 2.0}


def test_the_url_names_the_database(mongo_url: str, mongo_db: Any) -> None:
    host, port, name = mongo_url.split(":")
    assert (host, int(port)) == mongo_db.client.address
    assert name == mongo_db.name


@pytest.mark.parametrize("end", [MongoServer.stop, MongoServer.kill])
def test_data_survive_a_stop_and_a_crash(
    own_mongo: MongoServer, end: Callable[[MongoServer], None]
) -> None:
    with client(own_mongo) as before:
        before.get_database("d", write_concern=pymongo.WriteConcern(j=True)).c.insert_one({"x": 1})
    url = own_mongo.url
    end(own_mongo)
    assert not own_mongo.running
    with client(own_mongo) as absent, pytest.raises(PyMongoError):
        absent.admin.command("ping")
    own_mongo.restart()
    assert own_mongo.url == url
    with client(own_mongo) as after:
        assert after.d.c.count_documents({"x": 1}) == 1


def test_a_server_restarted_in_a_thread_outlives_the_thread(own_mongo: MongoServer) -> None:
    thread = threading.Thread(target=own_mongo.restart)
    thread.start()
    thread.join()
    time.sleep(0.3)
    with client(own_mongo) as connection:
        assert connection.admin.command("ping")["ok"] == 1


def test_a_replica_set_has_transactions() -> None:
    with MongoServer(replica_set=True) as server:
        server.restart()
        with client(server) as connection, connection.start_session() as session:
            with session.start_transaction():
                connection.d.c.insert_one({"x": 1}, session=session)
            assert connection.d.c.count_documents({}) == 1
    assert not server.running


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_server_dies_with_the_process_that_started_it(how: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ORPHAN],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        _, pid, directory = owner.stdout.readline().split()
        assert alive(int(pid))
        owner.send_signal(how)
    assert eventually(lambda: not alive(int(pid)))
    assert eventually(lambda: not Path(directory).exists())


def test_a_forked_child_does_not_end_the_server(own_mongo: MongoServer) -> None:
    with pytest.MonkeyPatch.context() as as_child:
        as_child.setattr(own_mongo, "owner", os.getppid())
        own_mongo.close()
    assert own_mongo.running


def test_a_running_server_is_used_and_left_alone(own_mongo: MongoServer) -> None:
    remote = RemoteServer(own_mongo.url)
    assert (remote.host, remote.port) == (own_mongo.host, own_mongo.port)
    remote.close()
    assert own_mongo.running


@pytest.mark.slow
@pytest.mark.skipif(
    bool(shutil.which("mongod") or os.environ.get(URL_VARIABLE)), reason="nothing to install"
)
def test_processes_that_install_the_server_at_once_share_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = "from tests.services.mongo import _cached_mongod; print(_cached_mongod().path)"
    installers = [
        subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    paths = {installer.communicate()[0].strip() for installer in installers}
    assert paths == {str(_cached_mongod().path)}
    with MongoServer(mongod=_cached_mongod()) as server:
        assert server.running
    # One home and the lock; no half-unpacked leftovers.
    assert len(list((tmp_path / "sacred-tests").iterdir())) == 2
