"""GoogleCloudStorageObserver over HTTP on loopback."""

from __future__ import annotations

import uuid

import pytest

pytest.importorskip("google.cloud.storage")

from sacred.observers.gcs_observer import GoogleCloudStorageObserver, gcs_option
from sacred.stores.store import StoreUnavailableError
from tests.services import serving
from tests.services.buckets import BucketContract
from tests.unit.stores.observer_calls import start


@pytest.fixture(scope="module")
def module_server():
    yield from serving.serve_gcs()


@pytest.fixture
def server(module_server, monkeypatch):
    from sacred.stores.buckets import gcs

    monkeypatch.setattr(gcs, "RETRY_SECONDS", 0.3)
    return module_server


@pytest.fixture
def place(server):
    name = f"runs-{uuid.uuid4().hex[:12]}"
    server.buckets[name] = {}
    return name


class TestGoogle(BucketContract):
    observer_class = GoogleCloudStorageObserver
    option = (gcs_option, "gs")
    flag = "--gcs"

    @pytest.fixture(autouse=True)
    def _content(self, server):
        self.buckets = server.buckets

    def everything(self, observer):
        start = f"{observer.basedir}/"
        objects = self.buckets[observer.bucket].items()
        return {key.removeprefix(start): data for key, data in objects if key.startswith(start)}

    def test_the_bucket_must_exist(self, server):
        observer = GoogleCloudStorageObserver("missing-bucket", "base")
        with pytest.raises(StoreUnavailableError, match="no bucket gs://missing-bucket"):
            start(observer)


@pytest.mark.parametrize(
    "name", ["", "ab", "A-b", "goog1", "my-google", "1.2.3.4", "a..b", "x" * 64]
)
def test_impossible_names_of_buckets(name):
    with pytest.raises(ValueError, match="cannot be the name of a bucket of Google"):
        GoogleCloudStorageObserver(name, "base")
