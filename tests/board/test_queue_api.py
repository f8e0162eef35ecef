"""Queues and sweeps in the REST API, over files, SQLite and MongoDB."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from sacred.runs import RunStore, open_store
from tests.board.api_client import READ_TOKEN, Api, served
from tests.board.board_runs import hostile_texts
from tests.board.queued_runs import Queue, make_experiment
from tests.integration.test_readers import new_place

KINDS = ("file", "sqlite", "mongo")


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunStore]:
    with new_place(request.param, request, tmp_path) as place, open_store(place.url) as store:
        yield store


@pytest.fixture
def queue(store: RunStore) -> Queue:
    return Queue(store)


@pytest.fixture
def api(store: RunStore) -> Iterator[Api]:
    with served({"lab": store}) as address:
        client = Api(address)
        yield client
        client.close()


def act(api: Api, action: str, *ids: Any, status: int = 200, **more: Any) -> Any:
    runs = [{"store": "lab", "key": str(run_id)} for run_id in ids]
    return api.send("POST", "/queue", {"action": action, "runs": runs, **more}, status)


def listed(api: Api) -> dict[Any, str]:
    return {run["id"]: run["state"] for run in api.get("/queue")["runs"]}


def test_an_empty_queue(api: Api, store: RunStore) -> None:
    make_experiment(store).run(options={"--loglevel": "ERROR"})
    found = api.get("/queue")
    assert found["runs"] == found["workers"] == found["failed"] == []
    store = found["stores"][0]
    assert (store["key"], store["reason"], store["error"]) == ("lab", None, None)
    assert (store["waiting"], store["held"], store["leased"]) == (0, 0, 0)


def test_the_queue_says_what_waits_in_order_and_who_runs_what(api: Api, queue: Queue) -> None:
    first, second, third = queue.add(), queue.add("eval", priority=5), queue.add()
    queue.claims.hold(third)
    entry = queue.take()
    queue.claims.renew(entry)
    found = api.get("/queue")
    assert [(run["id"], run["state"]) for run in found["runs"]] == [
        (second, "leased"), (first, "waiting"), (third, "held"),
    ]  # fmt: skip
    run = found["runs"][0]
    assert (run["name"], run["command"], run["status"]) == ("eval", "main", "RUNNING")
    assert (run["priority"], run["attempt"], run["lost"]) == (5, 1, 0)
    lease = run["lease"]
    assert (lease["worker"], lease["host"], lease["beats"]) == ("gpu-7-worker", "gpu-7", 1)
    assert (lease["seconds"], lease["expired"]) == (60, False)
    assert lease["start"].startswith("20")
    assert found["workers"] == [
        {"store": "lab", "worker": "gpu-7-worker", "host": "gpu-7", "runs": [run["key"]],
         "seen": pytest.approx(0, abs=5)},
    ]  # fmt: skip
    counts = {name: found["stores"][0][name] for name in ("waiting", "held", "leased")}
    assert counts == {"waiting": 1, "held": 1, "leased": 1}
    assert len(api.get("/queue", limit=0)["runs"]) == 1
    # The key is that of the run elsewhere in the API.
    assert api.get(f"/runs/lab/{run['key']}")["id"] == second


def test_a_worker_without_runs_is_remembered(api: Api, queue: Queue) -> None:
    queue.add()
    entry = queue.take()
    api.get("/queue")
    queue.end(entry, "FAILED")
    found = api.get("/queue")
    assert [(worker["worker"], worker["runs"]) for worker in found["workers"]] == [
        ("gpu-7-worker", [])
    ]
    assert [(run["status"], run["name"]) for run in found["failed"]] == [("FAILED", "train")]


def test_what_is_done_with_runs_is_done(api: Api, queue: Queue) -> None:
    first, second = queue.add(), queue.add()
    assert act(api, "hold", first) == {
        "changed": [{"store": "lab", "key": str(first)}], "unchanged": [], "done": "held back",
    }  # fmt: skip
    assert listed(api) == {first: "held", second: "waiting"}
    again = act(api, "hold", first, second)
    assert again["unchanged"] == [{"store": "lab", "key": str(first), "state": "held"}]
    act(api, "release", first, second)
    act(api, "priority", second, priority=2.5)
    assert [run["id"] for run in api.get("/queue")["runs"]] == [second, first]
    act(api, "cancel", first)
    assert listed(api) == {second: "waiting"}
    assert queue.store[first].status == "CANCELLED"
    act(api, "requeue", first)
    assert listed(api) == {second: "waiting", first: "waiting"}
    assert queue.store[first].status == "QUEUED"


def test_a_leased_run_is_cancelled_by_force_only(api: Api, queue: Queue) -> None:
    run_id = queue.add()
    queue.take()
    assert act(api, "cancel", run_id)["unchanged"][0]["state"] == "leased"
    assert queue.store[run_id].status == "RUNNING"
    assert act(api, "cancel", run_id, force=True)["changed"]
    assert queue.store[run_id].status == "CANCELLED"


def test_mistakes_are_said(api: Api, queue: Queue) -> None:
    run_id = queue.add()
    assert "Did you mean" in act(api, "canel", run_id, status=422)["detail"]
    assert "priority is a number" in act(api, "priority", run_id, status=422)["detail"]
    assert "the body is" in act(api, "hold", status=422)["detail"]
    assert "nothing" in act(api, "hold", "nothing", status=404)["detail"]
    body = {"action": "hold", "runs": [{"store": "labb", "key": "1"}]}
    assert "lab" in api.send("POST", "/queue", body, 404)["detail"]
    body = {"action": "hold", "runs": [3]}
    assert "the body is" in api.send("POST", "/queue", body, 422)["detail"]
    assert listed(api) == {run_id: "waiting"}


def test_a_sweep_says_how_far_it_is_and_what_is_best(api: Api, queue: Queue) -> None:
    queue.sweep("other", minimize=())
    ids = queue.sweep()
    assert len(ids) == 4
    done: dict[Any, Any] = {}
    for _ in range(8):
        entry = queue.take()
        run = queue.store[entry.run_id]
        if run.meta["sweep"]["name"] == "s1" and len(done) < 3:
            failed = len(done) == 2
            done[run.id] = run.config.lr * run.config.depth
            queue.end(entry, "FAILED" if failed else "COMPLETED", None if failed else done[run.id])
        else:
            queue.claims.put_back(entry, "INTERRUPTED")
            queue.claims.hold(entry.run_id)
    found = api.get("/sweeps")
    assert found["problems"] == []
    assert sorted(sweep["name"] for sweep in found["sweeps"]) == ["other", "s1"]
    sweep = next(one for one in found["sweeps"] if one["name"] == "s1")
    assert (sweep["runs"], sweep["planned"], sweep["ended"], sweep["guided"]) == (4, 4, 3, False)
    assert sweep["statuses"] == {"COMPLETED": 2, "FAILED": 1, "QUEUED": 1}
    assert (sweep["held"], sweep["experiment"]) == (1, "train")
    assert [(best["trial"], best["reached"]) for best in sweep["best"]] == [(0, [3.0])]
    assert sweep["rivals"].startswith("not distinguishable from 1 other")
    whole = api.get("/sweeps/lab/s1")
    assert sorted(whole["dimensions"]) == ["depth", "lr"]
    assert [(p["trial"], p["values"]["lr"], p["state"], p["best"]) for p in whole["points"]] == [
        (0, 1, "complete", True), (1, 2, "complete", False),
        (2, 1, "failed", False), (3, 2, "active", False),
    ]  # fmt: skip
    assert api.get("/runs", q=whole["query"])["total"] == 4
    assert len(api.get("/sweeps/lab/s1", limit=2)["points"]) == 2


def test_a_sweep_is_paused_resumed_and_retried(api: Api, queue: Queue) -> None:
    ids = queue.sweep()
    other = queue.add()
    assert api.send("POST", "/sweeps/lab/s1", {"action": "pause"}) == {"changed": 4}
    assert listed(api) == {other: "waiting", **dict.fromkeys(ids, "held")}
    assert api.get("/sweeps/lab/s1")["held"] == 4
    assert api.send("POST", "/sweeps/lab/s1", {"action": "resume"}) == {"changed": 4}
    queue.claims.hold(other)
    failed, good = queue.take(), queue.take()
    queue.end(failed, "FAILED")
    queue.end(good, "COMPLETED", 1)
    assert api.send("POST", "/sweeps/lab/s1", {"action": "retry"}) == {"changed": 1}
    assert listed(api)[queue.store[failed.run_id].id] == "waiting"
    assert "Did you mean" in api.send("POST", "/sweeps/lab/s1", {"action": "pasue"}, 422)["detail"]
    assert "no sweep" in api.send("POST", "/sweeps/lab/s2", {"action": "pause"}, 404)["detail"]
    assert "no sweep" in api.get("/sweeps/lab/s2", 404)["detail"]


def test_objectives_that_are_metrics_and_guided_sweeps(api: Api, store: RunStore) -> None:
    objectives = [{"field": "metrics.loss.min", "maximize": False}]
    for trial, (lr, seed) in enumerate(itertools.product((1, 2), (1, 2))):
        facts = {
            "name": "g", "trial": trial // 2, "repeat": seed, "values": {"lr": lr},
            "objectives": objectives, "sampler": "tpe", "trials": 10, "seeds": 2,
        }  # fmt: skip
        _record(store, {"lr": lr, "seed": seed}, facts, [lr + 1.0, lr + seed / 100])
    sweep = api.get("/sweeps/lab/g")
    assert (sweep["guided"], sweep["sampler"], sweep["planned"]) == (True, "tpe", 20)
    assert [point["reached"] for point in sweep["points"]] == [
        [pytest.approx(1.015)], [pytest.approx(2.015)],
    ]  # fmt: skip
    assert [best["trial"] for best in sweep["best"]] == [0]


def _record(
    store: RunStore, config: dict[str, Any], facts: dict[str, Any], loss: list[float]
) -> None:
    ex = make_experiment(store)

    @ex.main
    def main() -> None:
        for value in loss:
            ex.log_scalar("loss", value)

    ex.run(config_updates=config, meta_info={"sweep": facts}, options={"--loglevel": "ERROR"})


def test_a_store_that_cannot_be_a_queue_says_why(tmp_path: Path) -> None:
    pytest.importorskip("tinydb")
    with open_store(f"tinydb:{tmp_path / 'runs'}") as store:
        make_experiment(store).run(options={"--loglevel": "ERROR"})
        with served({"tiny": store}) as address:
            api = Api(address)
            about = api.get("/queue")["stores"][0]
            assert "cannot be a queue" in about["reason"]
            assert api.get("/sweeps")["sweeps"] == []
            body = {
                "action": "hold",
                "runs": [{"store": "tiny", "key": next(iter(store.runs())).id}],
            }
            assert "cannot be a queue" in api.send("POST", "/queue", body, 409)["detail"]
            api.close()


def test_nothing_can_be_changed_by_whoever_may_only_read(tmp_path: Path) -> None:
    body = {"action": "cancel", "runs": [{"store": "lab", "key": "1"}]}
    with open_store(tmp_path / "runs") as store:
        Queue(store).sweep()
        with served({"lab": store}, read_token=READ_TOKEN) as address:
            api = Api(address, READ_TOKEN)
            assert len(api.get("/queue")["runs"]) == 4
            assert api.get("/sweeps/lab/s1")["runs"] == 4
            api.send("POST", "/queue", body, 403)
            api.send("POST", "/sweeps/lab/s1", {"action": "pause"}, 403)
            api.close()
            for path in ("queue", "sweeps", "sweeps/lab/s1"):
                assert httpx.get(f"{address}/api/v1/{path}", trust_env=False).status_code == 401
            refused = httpx.post(f"{address}/api/v1/queue", json=body, trust_env=False)
            assert refused.status_code == 401
        with served({"lab": store}, read_only=True) as address:
            api = Api(address)
            assert len(api.get("/queue")["runs"]) == 4
            api.send("POST", "/queue", body, 405)
            api.send("POST", "/sweeps/lab/s1", {"action": "pause"}, 405)
            api.close()
        assert {run.status for run in store.runs()} == {"QUEUED"}


def test_names_of_sweeps_are_only_names(tmp_path: Path) -> None:
    names = [*hostile_texts(), 'a" or "1" = "1', "a/b", "../s", "q'?#%2F"]
    with open_store(tmp_path / "runs") as store:
        for name in names:
            facts = {
                "name": name, "trial": 0, "values": {name: name}, "sampler": [name],
                "objectives": [{"field": f"({name}"}, name], "trials": name,
            }  # fmt: skip
            _record(store, {}, facts, [1.0])
        with served({"lab": store}) as address:
            api = Api(address)
            assert {sweep["name"] for sweep in api.get("/sweeps")["sweeps"]} == set(names)
            for name in names:
                path = f"/sweeps/lab/{quote(name, safe='')}"
                sweep = api.get(path)
                assert (sweep["name"], sweep["runs"]) == (name, 1)
                assert api.get("/runs", q=sweep["query"])["total"] == 1
                assert api.get(f"{path}/importance") == {"objectives": [], "note": None}
            api.close()


def test_importance_is_said_or_why_not(tmp_path: Path) -> None:
    with open_store(tmp_path / "runs") as store:
        objectives = [{"field": "metrics.loss.last", "maximize": False}]
        for trial in range(6):
            facts = {
                "name": "s", "trial": trial, "objectives": objectives,
                "values": {"lr": trial, "depth": trial % 2},
            }  # fmt: skip
            _record(store, {}, facts, [float(trial)])
            if not trial:
                with served({"lab": store}) as address:
                    api = Api(address)
                    assert api.get("/sweeps/lab/s/importance")["note"]
                    api.close()
        with served({"lab": store}) as address:
            api = Api(address)
            found = api.get("/sweeps/lab/s/importance")
            api.close()
    if find_spec("optuna"):
        shares = {entry["name"]: entry["share"] for entry in found["objectives"][0]["entries"]}
        assert shares["lr"] > shares["depth"]
    else:
        assert "optuna" in found["note"]
