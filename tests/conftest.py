"""Fixtures that all tests may use."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests.services import scratch, serving

if TYPE_CHECKING:
    import pymongo.database

    from tests.services.gcs import GcsServer
    from tests.services.mariadb import MariaDbServer
    from tests.services.mongo import MongoServer, RemoteServer
    from tests.services.postgres import PostgresServer
    from tests.services.s3 import S3Server

ROOT = Path(__file__).resolve().parents[1]

# No deadline, no `too_slow`: a loaded machine is no error. The usual run draws the same examples
# each time; `tox -e long` draws others, HYPOTHESIS_PROFILE=thorough many more before a release, and
# HYPOTHESIS_PROFILE=exhaustive as many as take hours, whatever a test is content with.
_PATIENT: Any = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("ci", max_examples=50, derandomize=True, **_PATIENT)
hypothesis.settings.register_profile("long", max_examples=50, **_PATIENT)
hypothesis.settings.register_profile("thorough", max_examples=2000, **_PATIENT)
hypothesis.settings.register_profile("exhaustive", max_examples=20_000, **_PATIENT)
_USUAL_PROFILE = "long" if os.environ.get("SACRED_TEST_FORM") == "long" else "ci"
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", _USUAL_PROFILE))


def pytest_configure() -> None:
    """Signals mean what they usually mean, also below ``nohup`` and in a shell's background.

    Whoever was started with a signal ignored lets its children ignore it too, and tests send
    them signals.
    """
    usual = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}
    usual["SIGQUIT"] = signal.SIG_DFL
    for name, handler in usual.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(scratch.directory()))


@pytest.fixture(scope="session", autouse=True)
def cache_of_readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What readers keep on this machine is not kept in the cache of who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SACRED_INDEX", str(tmp_path_factory.mktemp("cache")))
        yield


# The server may have to be downloaded first (some 75 MB), for which the time limit of a test
# is short; so the limit leaves the fixtures out (`timeout_func_only`, pyproject.toml).
@pytest.fixture(scope="session")
def mongo_server() -> Iterator[MongoServer | RemoteServer]:
    """A MongoDB for all tests of this process: it has `url`, `host` and `port`.

    Leave it running; a test that stops a server takes `own_mongo`.
    """
    from tests.services.mongo import URL_VARIABLE, MongoServer, RemoteServer

    url = os.environ.get(URL_VARIABLE)
    server = RemoteServer(url) if url else MongoServer().start()
    yield server
    server.close()


@pytest.fixture
def mongo_db(
    mongo_server: MongoServer | RemoteServer,
) -> Iterator[pymongo.database.Database[dict[str, Any]]]:
    """A fresh pymongo database, dropped after the test."""
    import pymongo

    with pymongo.MongoClient[dict[str, Any]](mongo_server.url) as client:
        database = client[f"sacred_test_{uuid.uuid4().hex[:12]}"]
        yield database
        client.drop_database(database.name)


@pytest.fixture
def mongo_url(
    mongo_server: MongoServer | RemoteServer,
    mongo_db: pymongo.database.Database[dict[str, Any]],
) -> str:
    """The address of `mongo_db` for ``-m``: ``HOST:PORT:DATABASE``."""
    return f"{mongo_server.host}:{mongo_server.port}:{mongo_db.name}"


@pytest.fixture
def own_mongo() -> Iterator[MongoServer]:
    """A server for this test alone, running; it may be stopped, killed and restarted."""
    yield from serving.serve_mongo()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for all tests of this process; a test that stops one takes `own_postgres`."""
    yield from serving.serve_postgres()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for this test alone, running; it may be stopped, killed and restarted."""
    yield from serving.serve_postgres()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDbServer]:
    """A MariaDB for all tests of this process."""
    yield from serving.serve_mariadb()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """Something that speaks S3, for all tests of this process."""
    yield from serving.serve_s3()


@pytest.fixture(scope="session")
def gcs_server() -> Iterator[GcsServer]:
    """Something that speaks Google Cloud Storage, for all tests of this process."""
    yield from serving.serve_gcs()


@pytest.fixture
def run_script(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``run_script(path_or_text, *args, **env)``: `run_script_in` in `tmp_path`."""
    return functools.partial(run_script_in, tmp_path)


def run_script_in(
    directory: Path, script: Path | str, *args: object, **env: object
) -> subprocess.CompletedProcess[str]:
    """Run a script in a directory and return it done.

    A text is written to ``script.py`` there. The script imports this checkout and sees a clean
    environment: `HOME` is the directory, and nothing else but `env`. Killed after 200 seconds.
    """
    if isinstance(script, str) and ("\n" in script or not script.endswith(".py")):
        path = directory / "script.py"
        path.write_text(script, encoding="utf-8")
    else:
        path = Path(script)
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        **{name: str(value) for name, value in env.items()},
    }
    return subprocess.run(
        [sys.executable, str(path), *map(str, args)],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=200,
    )
