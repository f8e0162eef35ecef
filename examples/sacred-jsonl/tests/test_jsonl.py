from sacred_jsonl import JsonLinesObserver, JsonLinesStore

from sacred.testing import ObserverContract, StoreContract


class TestJsonLinesStore(StoreContract):
    def make_store(self):
        return JsonLinesStore(str(self.new_directory() / "runs"))

    def reopen(self, store):
        return JsonLinesStore(str(store.directory))

    def read_back(self, store, run_id):
        return store.read(run_id)


class TestJsonLinesObserver(ObserverContract):
    def make_observer(self, directory):
        return JsonLinesObserver(str(directory / "runs"), failure_dir=str(directory / "spool"))
