"""Addresses of stores: which store they open, and what is said about wrong ones."""

from __future__ import annotations

import gc
import json
import sys
import threading
from pathlib import Path

import pytest

from sacred._base.errors import MissingExtraError, SacredError
from sacred.stores.schemes import store_from_url
from sacred.stores.store import StoreAddressError, StoreError, StoreUnavailableError

DOCUMENT = {"experiment": {}, "config": {}, "status": "RUNNING"}


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.mark.parametrize(
    ("address", "directory"),
    [
        ("runs", "runs"),
        ("./runs", "runs"),
        ("some/runs:1", "some/runs:1"),
        (Path("runs:1"), "runs:1"),
        ("file:runs", "runs"),
        ("FILE:runs", "runs"),
        ("file:runs:1", "runs:1"),
        ("file:HERE/runs", "runs"),
        ("file://HERE/runs", "runs"),
    ],
)
def test_directories(tmp_path, address, directory):
    if isinstance(address, str):
        address = address.replace("HERE", str(tmp_path))
    run_id = store_from_url(address).create(None, DOCUMENT, [])
    stored = tmp_path / directory / run_id / "run.json"
    assert json.loads(stored.read_text())["status"] == "RUNNING"


@pytest.mark.parametrize("address", ["tinydb:runs", "tinydb://HERE/runs"])
def test_directories_of_tinydb(tmp_path, address):
    store_from_url(address.replace("HERE", str(tmp_path))).create(None, DOCUMENT, [])
    assert (tmp_path / "runs" / "metadata.json").exists()


@pytest.mark.parametrize(
    ("address", "package", "url"),
    [
        ("mongodb://me:secret@there:1/db?tls=true", "pymongo", "mongodb://there:1/db"),
        ("mongodb://there", "pymongo", "mongodb://there/sacred"),
        (
            "mongodb://there/db?tls=true&Collection_Prefix=my%20runs&appname=x",
            "pymongo",
            "mongodb://there/db?collection_prefix=my%20runs",
        ),
        ("mongodb://there/?collection_prefix=", "pymongo", "mongodb://there/sacred"),
        ("mongodb://one:1,two:2/db", "pymongo", "mongodb://one:1,two:2/db"),
        ("sqlite:////data/x.db", "sqlalchemy", "sqlite:////data/x.db"),
        ("sqlite+pysqlite:////data/x.db", "sqlalchemy", "sqlite+pysqlite:////data/x.db"),
        ("postgresql+psycopg://me:secret@h/d", "psycopg", "postgresql+psycopg://me:***@h/d"),
        ("postgresql://me:secret@h/d", "psycopg", "postgresql+psycopg://me:***@h/d"),
        ("mysql://me:secret@h/d", "pymysql", "mysql+pymysql://me:***@h/d"),
        ("mysql+pymysql://me:secret@h/d", "pymysql", "mysql+pymysql://me:***@h/d"),
        ("mariadb://me:secret@h/d", "pymysql", "mariadb+pymysql://me:***@h/d"),
        ("s3://bucket/some/runs/", "boto3", "s3://bucket/some/runs"),
        ("s3://bucket", "boto3", "s3://bucket"),
        ("gs://bucket/runs", "google.cloud.storage", "gs://bucket/runs"),
        ("tinydb:runs", "json", "tinydb:runs"),
        ("memory:", "json", "memory:"),
    ],
)
def test_what_is_opened_is_called_without_its_password_and_not_connected_to(
    address, package, url, tmp_path
):
    pytest.importorskip(package)
    assert store_from_url(address).url == url
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("sqlit:///x.db", r'no kind of store called \'sqlit\'. Did you mean "sqlite"'),
        ("postgres://h/d", 'Did you mean "postgresql"'),
        ("mongo://h/d", 'Did you mean "mongodb"'),
        ("memory+x:", 'Did you mean "memory"'),
        ("xyzzy://h", "There are file, memory, mongodb, .*, gs"),
        ("runs:1", "For a directory of that name, write 'file:runs:1'"),
        ("", "names no directory"),
        ("file:", "names no directory"),
        ("tinydb:///", None),
        ("file://runs/x", r"Did you mean 'file:runs/x' or 'file:///runs/x'\?"),
    ],
)
def test_addresses_that_name_no_store(address, message):
    if message is None:
        assert store_from_url(address).url == "tinydb:/"
        return
    with pytest.raises(StoreAddressError, match=message) as caught:
        store_from_url(address)
    assert isinstance(caught.value, SacredError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("address", "package", "message"),
    [
        ("mongodb://", "pymongo", "does not name a MongoDB: .*hostname"),
        ("mongodb://me:secret@h:x/d", "pymongo", "mongodb://h:x does not name a MongoDB"),
        (
            "mongodb://me:secret@h/d?collection_prefix=$x",
            "pymongo",
            r"mongodb://h: names of collections cannot begin with '\$x'",
        ),
        ("sqlite:x.db", "sqlalchemy", "no database URL; it looks like sqlite:///runs.db"),
        ("mysql+nothing://h/d", "sqlalchemy", "SQLAlchemy knows no database 'mysql.nothing'"),
        ("s3://My_Bucket/x", "boto3", "'My_Bucket' cannot be the name of an S3 bucket"),
        ("s3:bucket/x", "boto3", "is not an address of the form s3://BUCKET/PREFIX"),
        ("gs://google-x/x", "google.cloud.storage", "cannot be the name of a bucket of Google"),
    ],
)
def test_mistakes_in_addresses_are_explained(address, package, message):
    pytest.importorskip(package)
    with pytest.raises(StoreAddressError, match=message) as caught:
        store_from_url(address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "package", "extra"),
    [
        ("mongodb://h/d", "gridfs", "mongo"),
        ("mongodb+srv://h/d", "gridfs", "mongo"),
        ("sqlite:///x.db", "sqlalchemy", "sql"),
        ("s3://bucket/x", "boto3", "s3"),
        ("gs://bucket/x", "google.cloud.storage", "gcs"),
    ],
)
def test_a_missing_package_is_named_with_the_way_to_get_it(address, package, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf'pip install "sacred\[{extra}\]"'):
        store_from_url(address)


def test_without_a_region_there_is_no_bucket(monkeypatch):
    pytest.importorskip("boto3")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    with pytest.raises(StoreAddressError, match="There is no region for S3"):
        store_from_url("s3://bucket/x")


def test_the_client_ends_with_its_store():
    pytest.importorskip("pymongo")
    before = set(threading.enumerate())
    store = store_from_url("mongodb://127.0.0.1:1/db?serverSelectionTimeoutMS=1")
    with pytest.raises(StoreUnavailableError, match=r"at mongodb://127\.0\.0\.1:1/db"):
        store.create(None, DOCUMENT, [])
    store.close()
    with pytest.raises(StoreUnavailableError):  # not that it is closed
        store.create(None, DOCUMENT, [])
    del store
    gc.collect()
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
        assert not thread.is_alive()


def test_a_plugin_that_opens_something_else_is_an_error(monkeypatch):
    from sacred.stores.schemes import STORES

    monkeypatch.setattr(STORES, "load", lambda name: lambda url: [url])
    with pytest.raises(StoreError, match=r"What 'memory' of sacred\.stores opens is no Store"):
        store_from_url("memory:")
