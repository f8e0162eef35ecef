"""A queue of runs in a store: ``file``, ``sqlite``, ``mongo`` or ``postgresql``.

What a claim takes while eight workers claim at once; the next claim of 10 000 that wait; a worker's
look through 1000 runs that do not fit. The limit is one file, renamed, for each claim.
"""

import multiprocessing
import os
import sys
import time
import types

import _tools

KIND = sys.argv[1]
WORKERS = 8
CLAIMS = _tools.scaled(800)
WAITING = _tools.scaled(10_000)
UNFIT = _tools.scaled(1000)


def address(name):
    if KIND == "mongo":
        return f"{os.environ['BENCH_MONGO'].rstrip('/')}/bench_{name}"
    if KIND == "postgresql":
        return os.environ["BENCH_POSTGRES"]
    return os.path.abspath(name) if KIND == "file" else f"sqlite:///{os.path.abspath(name)}.db"


def document(number):
    experiment = {"name": "queued", "sources": []}
    config = {"number": number}
    fixed = {"status": "QUEUED", "command": "main", "host": {}, "meta": {}}
    return {**fixed, "experiment": experiment, "config": config}


def fill(url, count):
    from sacred.stores.claims import claims_of
    from sacred.stores.schemes import store_from_url

    store = store_from_url(url)
    claims = claims_of(store)
    for number in range(count):
        run_id = store.create(None, document(number), [])
        claims.enqueue(run_id, 0.0, f"2026-01-01T00:00:{number:06}")
    return claims


def lease():
    from sacred.stores.claims import Lease

    return Lease(worker=str(os.getpid()), host="bench", process=None, seconds=60.0)


def claim_all(url, barrier, done):
    from sacred.stores.claims import LEASED, claims_of
    from sacred.stores.schemes import store_from_url

    claims = claims_of(store_from_url(url))
    claims.entries(LEASED)  # connected, and loaded what it needs
    barrier.wait()
    began, own = time.monotonic(), lease()
    while claims.claim(own) is not None:
        pass
    done.put((began, time.monotonic()))


def rename_all(directory, barrier, done):
    barrier.wait()
    began = time.monotonic()
    for number in range(CLAIMS):
        try:
            os.rename(f"{directory}/{number}", f"{directory}/{number}.claimed")
        except FileNotFoundError:
            continue
    done.put((began, time.monotonic()))


def together(work, place):
    """Seconds for each claim, of all workers together."""
    context = multiprocessing.get_context("spawn")
    barrier, done = context.Barrier(WORKERS), context.Queue()
    given = (place, barrier, done)
    processes = [context.Process(target=work, args=given) for _ in range(WORKERS)]
    for process in processes:
        process.start()
    times = [done.get() for _ in processes]
    for process in processes:
        process.join()
    return (max(end for _, end in times) - min(start for start, _ in times)) / CLAIMS


def next_claim(times=5):
    claims = fill(address("waiting"), WAITING)
    claims.claim(lease())
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        claims.claim(lease())
        best = min(best, time.perf_counter() - began)
    return best


def looks():
    """Seconds of two looks of a worker that takes none of the runs that wait."""
    from sacred import open_store
    from sacred.query.parser import parse
    from sacred.queue.run_process import Launch
    from sacred.queue.worker import Worker, WorkerOptions

    url = address("unfit")
    claims = fill(url, UNFIT)
    found = []

    def timed(*given):
        began = time.perf_counter()
        entry = claims_of_store.claim(*given)
        found.append(time.perf_counter() - began)
        if len(found) == 2:
            worker.end()
        return entry

    with open_store(url) as store:
        launch = Launch(store=url)
        options = WorkerOptions(launch=launch, where=parse("number < 0"), poll=0.001)
        worker = Worker(store, options, lambda event, **facts: None)
        claims_of_store, worker.claims = (
            worker.claims,
            types.SimpleNamespace(
                claim=timed,
                entries=claims.entries,
                entry=claims.entry,
                lease_ages=claims.lease_ages,
            ),
        )
        worker.run()
    return found


if __name__ == "__main__":
    if _tools.IS_LIMIT:
        os.mkdir("runs")
        for number in range(CLAIMS):
            open(f"runs/{number}", "w").close()
        _tools.report(claim=together(rename_all, "runs"))
    else:
        url = address("claimed")
        fill(url, CLAIMS)
        _tools.report(claim=together(claim_all, url))
        if KIND in ("file", "sqlite"):
            first, later = looks()
            _tools.report(next=next_claim(), first_look=first, later_look=later)
