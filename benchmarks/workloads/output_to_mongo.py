"""Output that keeps coming: how many bytes are sent to MongoDB for it."""

import os
import time

import _tools

SECONDS = 30
SIZE = _tools.scaled(8_400_000)
DATABASE = "bench_output"


def bytes_received(client):
    return client.admin.command("serverStatus")["network"]["bytesIn"]


def run():
    import pymongo

    from sacred import Experiment
    from sacred.observers import MongoObserver

    url = os.environ["BENCH_MONGO"]
    ex = _tools.quiet(Experiment("output", save_git_info=False))
    ex.observers.append(MongoObserver(url=url, db_name=DATABASE))

    @ex.main
    def main():
        pieces = SECONDS * 10
        for _ in range(pieces):
            print(("x" * 83 + "\n") * (SIZE // 84 // pieces), flush=True)
            time.sleep(SECONDS / pieces)

    with pymongo.MongoClient(url) as client:
        before = bytes_received(client)
        ex.run(options={"--beat_interval": 1})
        _tools.wait_for_threads()
        sent = bytes_received(client) - before
        [document] = client[DATABASE].runs.find({}, {"status": 1})
        assert document["status"] == "COMPLETED", document
        client.drop_database(DATABASE)
    _tools.report(sent=sent)


if _tools.IS_LIMIT:
    _tools.report(sent=SIZE)
else:
    run()
