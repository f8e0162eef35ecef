"""Which run code belongs to, in contexts, threads and background deliveries."""

import asyncio
import threading

from sacred._base.current_run import acting_for, active, current_run, runs_in_scope


def in_new_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_outside_of_runs_there_is_none():
    assert current_run() is None
    assert list(runs_in_scope()) == []


def test_nested_runs_and_what_comes_back_after_them():
    with active("outer"):
        with active("inner"):
            assert current_run() == "inner"
            assert list(runs_in_scope())[:2] == ["inner", "outer"]
        assert current_run() == "outer"
    assert current_run() is None


def test_a_thread_of_the_user_belongs_to_the_run_started_last():
    with active("outer"), active("inner"):
        assert in_new_thread(current_run) == "inner"
    assert in_new_thread(current_run) is None


def test_a_delivery_belongs_to_its_run_whatever_is_active():
    def deliver():
        with acting_for("outer"):
            return current_run()

    with active("outer"), active("inner"):
        assert in_new_thread(deliver) == "outer"


def test_runs_of_threads_may_overlap():
    both_started, first_ended = threading.Barrier(2), threading.Event()
    seen = {}

    def run(name, last):
        with active(name):
            both_started.wait()
            if last:
                first_ended.wait()
            seen[name] = current_run()
        if not last:
            first_ended.set()

    threads = [threading.Thread(target=run, args=item) for item in (("a", False), ("b", True))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"a": "a", "b": "b"}
    assert current_run() is None


def test_tasks_do_not_see_each_other():
    async def run(name):
        with active(name):
            await asyncio.sleep(0)
            return current_run()

    async def both():
        return await asyncio.gather(run("a"), run("b"))

    assert asyncio.run(both()) == ["a", "b"]
