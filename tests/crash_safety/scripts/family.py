"""Runs with other processes, threads and runs in them; how, the configuration says."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time

from sacred import Experiment

ex = Experiment("family", save_git_info=False)
inner = Experiment("inner", save_git_info=False)

# Says who it is, and goes on for a while; what a daemon or a server does.
CHILD = """
import sys, time
for n in range(int(sys.argv[2])):
    print("child", sys.argv[1], n, flush=True)
    time.sleep(0.05)
"""


@ex.config
def config():
    how = "subprocess"
    number = 0
    count = 20


@inner.config
def inner_config():
    number = 100


@ex.capture
def work(step, number):
    print(f"{number}:{step}", flush=True)
    return number


@inner.capture
def inner_work(step, number):
    print(f"{number}:{step}", flush=True)
    return number


@inner.main
def inner_main(_run):
    for step in range(5):
        assert inner_work(step) == _run.config["number"]
    return _run.config["number"]


def run_inner(number):
    quiet = {"--loglevel": "CRITICAL"}
    return inner.run(config_updates={"number": number}, options=quiet).result


@ex.capture
def loop(number, count):
    for step in range(count):
        assert work(step) == number
        time.sleep(0.002)


@ex.main
def main(_run, how, number, count):
    print("begin", flush=True)
    globals()[how](number, count)
    print("end", flush=True)
    return number


def fork(number, count):
    make = multiprocessing.get_context("fork").Process
    join([make(target=loop, args=(number,)) for _ in range(3)])


def spawn(number, count):
    # A captured function takes its configuration along.
    make = multiprocessing.get_context("spawn").Process
    join([make(target=loop, args=(number,)) for _ in range(2)])


def join(workers):
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0, worker.exitcode


def threads(number, count):
    workers = [threading.Thread(target=loop, args=(number,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def nested(number, count):
    for step in range(3):
        assert work(step) == number
        assert run_inner(200 + step) == 200 + step
        assert work(step) == number


def beside(number, count):
    """Runs in threads, each with a configuration of its own."""
    results = {}

    def one(n):
        results[n] = run_inner(n)

    workers = [threading.Thread(target=one, args=(n,)) for n in range(300, 304)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert results == {n: n for n in range(300, 304)}
    assert work(0) == number


def outlives(number, count):
    """A child that holds stdout and stderr, and that nobody waits for."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, "outliving", str(count)])
    print(f"pid {child.pid}", file=sys.stderr, flush=True)
    time.sleep(0.2)


def forked(number, count):
    """The same by a fork, without exec: it has copies of everything."""
    pid = os.fork()
    if pid == 0:
        for n in range(count):
            os.write(1, f"child forked {n}\n".encode())
            time.sleep(0.05)
        os._exit(0)
    print(f"pid {pid}", file=sys.stderr, flush=True)
    time.sleep(0.2)


if __name__ == "__main__":
    ex.run_commandline()
