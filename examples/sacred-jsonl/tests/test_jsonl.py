from sacred_jsonl import JsonLinesObserver, JsonLinesStore

from sacred.runs import RunStore
from sacred.testing import ObserverContract, StoreContract


class TestJsonLinesStore(StoreContract):
    def make_store(self):
        return JsonLinesStore(str(self.new_directory() / "runs"))

    def reopen(self, store):
        return JsonLinesStore(str(store.directory))

    def read_back(self, store, run_id):
        return store.read(run_id)

    def test_only_runs_of_a_status_are_parsed(self, monkeypatch):
        store = self.make_store()
        for status in ("COMPLETED", "FAILED", "COMPLETED"):
            store.create(None, {"status": status}, [])
        parsed, read = set(), JsonLinesStore.read
        monkeypatch.setattr(JsonLinesStore, "read", lambda self, i: parsed.add(i) or read(self, i))
        assert [run.id for run in RunStore(store).runs("status = FAILED")] == [2]
        assert parsed == {2}


class TestJsonLinesObserver(ObserverContract):
    def make_observer(self, directory):
        return JsonLinesObserver(str(directory / "runs"), failure_dir=str(directory / "spool"))
