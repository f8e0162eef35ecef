"""The page of the board over a large store: ``file``, ``sqlite`` or ``mongo``.

The store of 100 000 runs is that of ``searching.py``.
"""

import contextlib
import datetime
import os
import shutil
import statistics
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import _pages
import _tools
import searching
from _pages import until

KIND = sys.argv[1]
TOKEN = "a-token-for-benchmarks"
FORM = "curves-1"
ROWS = "document.querySelectorAll('regular-table tbody td:not(.wait)').length > 20"
FIRST = "id => document.querySelector('regular-table tbody th')?.innerText.trim() === id"
CHARTS = (
    "n => document.querySelectorAll('#across .chart canvas').length >= n && "
    "[...document.querySelectorAll('#across .chart .last')].slice(0, n)"
    ".every(one => one.textContent !== '…')"
)
START = datetime.datetime(2026, 1, 1)


def record(backend, runs, points, name):
    """Runs with one long metric."""
    from sacred.stores.changes import AddPoints

    steps = list(range(points))
    times = [START + datetime.timedelta(seconds=step) for step in steps]
    for n in range(runs):
        document = {
            "status": "COMPLETED", "command": "train", "config": {"seed": n, "lr": n % 5},
            "experiment": {"name": name}, "host": {}, "meta": {}, "info": {},
            "start_time": START, "heartbeat": START, "stop_time": START, "result": n / 10,
        }  # fmt: skip
        run_id = backend.create(None, document, [])
        values = [1 / (1 + step) + n / 100 for step in steps]
        columns = {"steps": steps, "values": values, "timestamps": times}
        backend.apply(run_id, [AddPoints(name="loss", start=0, **columns)])


def store_of_curves():
    """The URL of a store with ten runs of 100 000 points, and fifty of 10 000."""
    from sacred.runs import open_store

    many = _tools.scaled(100_000)
    if KIND == "mongo":
        url, marker = f"{os.environ['BENCH_MONGO'].rstrip('/')}/curves_{many}", None
    else:
        place = _pages.HOME / f"{FORM}-{KIND}-{many}"
        marker = place.with_suffix(".complete")
        url = str(place) if KIND == "file" else f"sqlite:///{place}/runs.db"
    if marker is None or not marker.exists():
        if marker is not None:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
        with open_store(url) as opened:
            if marker is not None or not len(opened.runs()):
                record(opened.backend, 10, many, "long")
                record(opened.backend, 50, many // 10, "wide")
        if marker is not None:
            marker.touch()
    return url


@contextlib.contextmanager
def board(url):
    port = 8900 + os.getpid() % 900
    address = f"http://127.0.0.1:{port}"
    words = [sys.executable, "-m", "sacred", "board", url, "--no-browser", "--port", str(port)]
    with _pages.serving(words, address, {"SACRED_BOARD_TOKEN": TOKEN}.items()) as pid:
        yield f"{address}/?token={TOKEN}", address, pid


def table(browser, url, count):
    """Seconds of each action of the table, the median of three visits."""
    found = {}
    best = max(searching.values(count), key=lambda row: row[3])[0]
    with board(url) as (login, address, pid):
        for _ in range(3):
            with _pages.new_page(browser) as page:
                requests = []
                page.on("request", lambda one, all=requests: all.append(one.url))
                page.goto(login)
                page.wait_for_function(ROWS)
                measured = {"rows": until(page, partial(page.goto, f"{address}/"), ROWS)}
                page.wait_for_function(
                    "() => /\\d/.test(document.querySelector('#status')?.innerText)"
                )
                sort = page.locator("thead th", has_text="result").first
                measured["sort"] = until(page, sort.click, FIRST, argument=str(best))
                query = page.locator("#query input")
                query.fill("status = COMPLETED")
                changed = "() => location.search.includes('COMPLETED') && " + ROWS
                measured["filter"] = until(page, partial(page.keyboard.press, "Enter"), changed)
                page.goto(f"{address}/")
                page.wait_for_function(ROWS)
                tall = "count => document.querySelector('regular-table').scrollHeight > 20 * count"
                page.wait_for_function(tall, arg=count)
                jump = (
                    "() => { const t = document.querySelector('regular-table');"
                    " t.scrollTop = t.scrollHeight / 2; }"
                )
                far = (
                    "() => { const first = document.querySelector('regular-table tbody th');"
                    " const id = Number(first?.innerText); return id > 0 && id < "
                    f"{count * 0.6} && !document.querySelector('regular-table td.wait'); }}"
                )
                if count >= 500:  # fewer are all in view
                    measured["jump"] = until(page, partial(page.evaluate, jump), far)
                measured["heap"] = _pages.heap_of(page)
                own = [url for url in requests if not url.startswith((address, "blob:", "data:"))]
                measured["foreign"] = len(own)
                for name, value in measured.items():
                    found.setdefault(name, []).append(value)
        memory = _pages.peak_memory_of(pid)
    return {name: statistics.median(values) for name, values in found.items()}, memory


def curves(browser, url):
    """Seconds until ten long curves, and the band over fifty runs, are drawn."""
    with board(url) as (login, address, _), _pages.new_page(browser) as page:
        sizes = []
        page.on("response", lambda one: sizes.append(one) if "/series" in one.url else None)
        page.goto(login)
        page.wait_for_function(ROWS)
        plot = f"{address}/?q=name+%3D+long&panel=charts"
        page.goto(plot)
        page.wait_for_function(CHARTS, arg=1)
        sizes.clear()
        drawn = until(page, lambda: page.goto(plot), CHARTS, argument=1)
        size = sum(len(one.body()) for one in sizes)
        sizes.clear()
        page.locator("#across .chart").first.focus()

        def zoom():
            with page.expect_response("**/series**") as answer:
                page.keyboard.press("+")
            answer.value.finished()

        zoomed = until(page, zoom, "() => location.search.includes('zoom=')")
        band = f"{address}/?q=name+%3D+wide&by=config.lr&panel=charts&members=no"
        page.goto(band)
        page.wait_for_function(CHARTS, arg=1)
        banded = until(page, lambda: page.goto(band), CHARTS, argument=1)
    return {"plot": drawn, "bytes": size, "zoom": zoomed, "band": banded}


def live(browser):
    """Seconds until a point, and a line of output, of a run under way is seen."""
    from sacred.runs import open_store

    with tempfile.TemporaryDirectory() as scratch:
        if KIND == "mongo":
            url = f"{os.environ['BENCH_MONGO'].rstrip('/')}/live_{os.getpid()}"
        else:
            url = f"{scratch}/runs" if KIND == "file" else f"sqlite:///{scratch}/runs.db"
        with open_store(url) as opened:
            return _seen(browser, url, opened.backend)


def _seen(browser, url, backend):
    from sacred.observers.store_observer import StoreObserver

    observer = StoreObserver(backend)
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    run_id = observer.started_event(
        ex_info={"name": "live", "sources": [], "base_dir": "/", "dependencies": []},
        command="main", host_info={}, start_time=now, config={}, meta_info={}, _id=None,
    )  # fmt: skip
    key = url.rstrip("/").rpartition("/")[2].replace(".", "-")
    found = []
    with board(url) as (login, address, _), _pages.new_page(browser) as page:
        page.goto(login)
        page.goto(f"{address}/?run={key}/{run_id}&tab=output")
        page.wait_for_selector("#run .title")
        text = ""
        for n in range(5):
            text += f"line {n} of it\n"
            beat = {"info": {}, "captured_out": text, "beat_time": now, "result": None}
            say = partial(observer.heartbeat_event, **beat)
            wanted = f"line {n} of it"
            there = "text => document.querySelector('#run')?.innerText.includes(text)"
            found.append(until(page, say, there, argument=wanted))
    observer.interrupted_event(interrupt_time=now, status="INTERRUPTED")
    return {"seen": max(found)}


def in_this_project():
    os.environ["SACRED_INDEX"] = str(_pages.HOME / "index")
    many, few = searching.store(searching.MANY), searching.store(searching.BESIDE)
    fewer = searching.store(searching.FEWEST)
    with _pages.chromium() as browser:
        if KIND == "file":  # the index is made by the first query: not what is measured here
            searching.best(many, searching.MANY)
        measured, memory = table(browser, many, searching.MANY)
        _, less = table(browser, fewer, searching.FEWEST)
        _tools.report(**measured, memory=memory / less)
        beside, _ = table(browser, few, searching.BESIDE)
        _tools.report(beside=beside["rows"], beside_filter=beside["filter"])
        _tools.report(**curves(browser, store_of_curves()))
        _tools.report(**live(browser))


def the_limit():
    """The rows in the page itself, from a server that does nothing else."""
    rows = "".join(f"<tr><th>{n}</th>" + "<td>0.123</td>" * 12 + "</tr>" for n in range(50))
    with tempfile.TemporaryDirectory() as directory:
        with open(f"{directory}/index.html", "w") as file:
            file.write(f"<!doctype html><regular-table><table>{rows}</table></regular-table>")

        class Quiet(SimpleHTTPRequestHandler):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, directory=directory, **kwargs)

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        with _pages.chromium() as browser, _pages.new_page(browser) as page:
            page.goto(address)
            rows = [until(page, lambda: page.goto(address), ROWS) for _ in range(3)]
        server.shutdown()
    _tools.report(rows=statistics.median(rows), beside=statistics.median(rows))


if __name__ == "__main__":
    the_limit() if _tools.IS_LIMIT else in_this_project()
