"""What workloads with pages share: a browser, and how long a page takes to show something."""

import contextlib
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

PATIENCE_MS = 120_000
SIZE = {"width": 1440, "height": 900}
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "sacred-bench", "board")


@contextlib.contextmanager
def chromium():
    """A browser, as the tests of the page use it."""
    path = os.environ.get("SACRED_TEST_CHROMIUM") or shutil.which("chromium")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()


@contextlib.contextmanager
def new_page(browser):
    """An empty page of a profile of its own."""
    # Conditions are evaluated in the page, which allows no such thing otherwise.
    with browser.new_context(viewport=SIZE, timezone_id="UTC", bypass_csp=True) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page


@contextlib.contextmanager
def serving(words, address, environment=()):
    """The process id of a server, as soon as it answers."""
    with open("server-output", "ab") as output:
        process = subprocess.Popen(
            words, env={**os.environ, **dict(environment)}, stdout=output, stderr=output
        )
    try:
        while not answers(address):
            assert process.poll() is None, Path("server-output").read_text()[-3000:]
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def answers(address):
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def until(page, act, condition, *, argument=None):
    """Seconds from an action until JavaScript says that it is shown."""
    began = time.perf_counter()
    act()
    page.wait_for_function(condition, arg=argument, polling="raf")
    return time.perf_counter() - began


def heap_of(page):
    """Bytes of JavaScript in a page, without what nothing refers to."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize")


def peak_memory_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
