"""What a MemoryStore is more than the contract asks for."""

import pickle

import pytest

from sacred.stores.changes import SetFields, WriteOutput
from sacred.stores.memory.store import MemoryStore
from sacred.stores.store import StoreError


def test_a_copy_is_a_store_of_its_own():
    store = MemoryStore()
    store.create(None, {"status": "RUNNING"}, [])
    copy = pickle.loads(pickle.dumps(store))
    copy.apply(1, [SetFields(fields={"status": "FAILED"})])
    assert (store.read(1)["status"], copy.read(1)["status"]) == ("RUNNING", "FAILED")


def test_what_is_read_is_no_part_of_the_store():
    store = MemoryStore()
    store.create(None, {"info": {"a": []}}, [])
    store.read(1)["info"]["a"].append(1)
    assert store.read(1)["info"] == {"a": []}


def test_output_with_a_gap_is_refused():
    store = MemoryStore()
    store.create(None, {}, [])
    with pytest.raises(StoreError, match="before character 5 is missing"):
        store.apply(1, [WriteOutput(start=5, offset=5, text="x")])
