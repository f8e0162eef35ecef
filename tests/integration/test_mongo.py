"""MongoObserver against a real server: documents, GridFS, ids, limits, crashes."""

import contextlib
import copy
import datetime
import gc
import hashlib
import json
import math
import pickle
import threading
import time
from types import SimpleNamespace

import bson
import gridfs
import pymongo
import pytest
from hypothesis import HealthCheck, example, given, settings

import sacred
from sacred._base.current_run import acting_for
from sacred.observers.mongo import (
    DEFAULT_MONGO_PRIORITY,
    MongoObserver,
    QueueCompatibleMongoObserver,
    QueuedMongoObserver,
    mongo_db_option,
    parse_mongo_db_arg,
)
from sacred.stores.mongo import output, points
from sacred.stores.mongo.gridfs_files import GridFiles
from sacred.stores.mongo.output import read_output
from sacred.stores.schemes import store_from_url
from sacred.stores.spool import replay
from sacred.stores.store import RunNotFoundError, StoreNotFoundError, StoreUnavailableError
from tests.crash_safety.effort import examples
from tests.services.mongo import watched_client
from tests.services.processes import run_together
from tests.unit.stores.comparison import READ_FIELDS, MemoryStore, StoreObserver, play, scenarios
from tests.unit.stores.observer_calls import T0, beat, complete, log, queue, start


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(StoreObserver, "pause", 0.05)


@pytest.fixture
def observer(mongo_db, tmp_path):
    return MongoObserver(
        client=mongo_db.client, db_name=mongo_db.name, failure_dir=tmp_path / "spool"
    )


@pytest.fixture
def files(mongo_db):
    return gridfs.GridFS(mongo_db)


def md5(data):
    return hashlib.md5(data).hexdigest()


# ----------------------------------------------------------------------- documents


def test_the_document_at_the_start(observer, mongo_db, files, tmp_path):
    (tmp_path / "a.py").write_bytes(b"x = 1")
    assert start(observer, base_dir=tmp_path, sources=[("a.py", "1234")]) == 1
    document = mongo_db.runs.find_one()
    [[name, file_id]] = document["experiment"].pop("sources")
    assert name == "a.py"
    assert files.get(file_id).read() == b"x = 1"
    assert files.get(file_id).filename == str(tmp_path / "a.py")
    assert document == {
        "_id": 1,
        "format": "MongoObserver-0.7.0",
        "command": "main",
        "status": "RUNNING",
        "config": {"C": 2.0},
        "info": {},
        "meta": {"comment": "a test"},
        "host": {"hostname": "here", "os": ["Linux", "6"]},
        "experiment": {
            "name": "ex",
            "base_dir": str(tmp_path),
            "dependencies": ["sacred==1.0.0"],
            "repositories": [],
            "mainfile": None,
        },
        "start_time": T0,
        "heartbeat": None,
        "captured_out": "",
        "resources": [],
        "artifacts": [],
    }


def test_a_whole_run(observer, mongo_db, files, tmp_path):
    resource, artifact = tmp_path / "r.csv", tmp_path / "m.bin"
    resource.write_bytes(b"resource")
    artifact.write_bytes(b"model" * 100_000)
    start(observer)
    info = {}
    observer.resource_event(filename=str(resource))
    observer.artifact_event(
        name="d/m.json", filename=str(artifact), metadata={"a.b": (1,)}, content_type=None
    )
    log(observer, {"loss": [0.5, math.inf]}, info)
    beat(observer, "hellö", info, None)
    complete(observer, {"score": 42})
    document = mongo_db.runs.find_one({"config.C": 2.0, "status": "COMPLETED"})
    assert document["resources"] == [[str(resource), md5(b"resource")]]
    assert files.find_one({"filename": str(resource)}).read() == b"resource"
    [entry] = document["artifacts"]
    assert entry["name"] == "d/m.json"
    stored = files.get(entry["file_id"])
    assert stored.read() == artifact.read_bytes()
    assert stored.filename == "artifact://runs/1/d/m.json"
    assert stored.metadata == {"a,b": {"py/tuple": [1]}}
    described = mongo_db.fs.files.find_one({"_id": entry["file_id"]})
    assert described["contentType"] == "application/json"  # guessed from the name
    assert described["md5"] == md5(b"model" * 100_000)
    metric = mongo_db.metrics.find_one()
    assert document["info"] == {"metrics": [{"name": "loss", "id": str(metric.pop("_id"))}]}
    assert metric == {
        "run_id": 1,
        "name": "loss",
        "steps": [0, 1],
        "values": [0.5, math.inf],
        "timestamps": [T0, T0],
    }
    assert document["result"] == {"score": 42}
    assert (document["heartbeat"], document["stop_time"]) == (T0, T0)
    assert document["captured_out"] == "hellö"
    assert isinstance(document["stop_time"], datetime.datetime)


def test_failed_interrupted_and_queued_runs(observer, mongo_db):
    start(observer)
    observer.failed_event(fail_time=T0, fail_trace=["Traceback\n", "E\n"])
    start(observer)
    observer.interrupted_event(interrupt_time=T0, status="TIMEOUT")
    assert queue(observer) == 3
    failed, interrupted, queued = mongo_db.runs.find().sort("_id")
    assert (failed["status"], failed["fail_trace"]) == ("FAILED", ["Traceback\n", "E\n"])
    assert (interrupted["status"], interrupted["stop_time"]) == ("TIMEOUT", T0)
    assert (queued["status"], queued["queue_time"]) == ("QUEUED", T0)


def test_the_live_info_lists_the_metrics(observer, mongo_db):
    """Dashboards find the points of a run by it, while it runs."""
    start(observer)
    info = {"mine": 1}
    log(observer, {"loss": [1]}, info)
    log(observer, {"loss": [2], "a.b": [3], "empty": []}, info)
    beat(observer, "", info)
    ids = {document["name"]: str(document["_id"]) for document in mongo_db.metrics.find()}
    assert info["metrics"] == [{"name": name, "id": ids[name]} for name in ("loss", "a.b")]
    assert mongo_db.runs.find_one()["info"] == info


def test_metrics_are_listed_before_their_points_are_stored(observer, mongo_db):
    """Else the points of a run that is killed in between would be in no dashboard."""
    start(observer)
    info = {}
    log(observer, {"loss": [1]}, info)
    [metric] = mongo_db.metrics.find()
    listed = [{"name": "loss", "id": str(metric["_id"])}]
    assert mongo_db.runs.find_one()["info"] == info == {"metrics": listed}


def test_two_runs_under_way_list_their_own_metrics(observer, mongo_db):
    infos = {name: {} for name in ("outer", "inner")}

    def told(name, event, *arguments):
        with acting_for(name):
            event(observer, *arguments)

    for name in infos:
        told(name, start)
        told(name, log, {"loss": [1]}, infos[name])
    told("outer", log, {"loss": [2]}, infos["outer"])
    first, second = mongo_db.metrics.find().sort("run_id")
    assert infos["outer"]["metrics"] == [{"name": "loss", "id": str(first["_id"])}]
    assert infos["inner"]["metrics"] == [{"name": "loss", "id": str(second["_id"])}]
    assert (first["values"], second["values"]) == ([1, 2], [1])


def test_keys_and_values_that_bson_refuses(observer, mongo_db):
    with pytest.warns(UserWarning, match="MongoDB cannot store a value of type int"):
        start(observer, config={"a.b": 10**40, "$x": float("nan"), "t": (1, 2)})
    config = mongo_db.runs.find_one()["config"]
    assert math.isnan(config.pop("@x"))
    assert config == {"a,b": str(10**40), "t": {"py/tuple": [1, 2]}}


def test_files_are_stored_once_by_content(observer, mongo_db, tmp_path):
    source = tmp_path / "a.py"
    for text in ("1", "1", "2"):
        source.write_text(text)
        start(observer, base_dir=tmp_path, sources=[("a.py", "?")])
        for _ in range(2):
            observer.resource_event(filename=str(source))
            observer.artifact_event(name="a", filename=str(source))
        complete(observer)
    runs = list(mongo_db.runs.find())
    names = [document["filename"] for document in mongo_db.fs.files.find()]
    assert names.count(str(source)) == 2  # as a source and as a resource
    assert len([name for name in names if name.startswith("artifact://")]) == 3
    assert [len(run["resources"]) for run in runs] == [2, 2, 2]
    assert [len(run["artifacts"]) for run in runs] == [2, 2, 2]
    assert mongo_db.fs.files.find_one()["md5"] == md5(b"1")


def test_the_latest_content_of_an_artifact_stands_last(observer, mongo_db, files, tmp_path):
    start(observer)
    for text in ("A", "B", "A"):
        (tmp_path / "a").write_text(text)
        observer.artifact_event(name="a", filename=str(tmp_path / "a"))
    entries = mongo_db.runs.find_one()["artifacts"]
    assert [files.get(entry["file_id"]).read() for entry in entries] == [b"A", b"B", b"A"]


def test_the_content_type_is_the_users_if_he_gives_one(observer, mongo_db):
    start(observer)
    observer.artifact_event(name="a.json", filename=__file__, content_type="text/x-mine")
    assert mongo_db.fs.files.find_one()["contentType"] == "text/x-mine"


def test_a_file_that_is_being_written_is_stored_as_it_is(observer, mongo_db, files, tmp_path):
    log_file = tmp_path / "log"
    log_file.write_bytes(b"")
    stop = threading.Event()

    def grow():
        with log_file.open("ab", 0) as file:
            while not stop.is_set():
                file.write(b"x" * 1000)
                time.sleep(0.0001)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        start(observer)
        observer.artifact_event(name="log", filename=str(log_file))
    finally:
        stop.set()
        thread.join()
    stored = files.get(mongo_db.runs.find_one()["artifacts"][0]["file_id"])
    digest = mongo_db.fs.files.find_one().get("md5")
    assert digest in (None, md5(stored.read()))


def test_sources_found_later(observer, mongo_db, files, tmp_path):
    (tmp_path / "b.py").write_text("b")
    start(observer, base_dir=tmp_path, sources=[("gone.py", "1234")])
    info = {"name": "ex", "base_dir": str(tmp_path), "sources": [("b.py", "5678")]}
    observer.experiment_info_event(ex_info=info)
    beat(observer, "")  # both are stored at once
    [[name, file_id]] = mongo_db.runs.find_one()["experiment"]["sources"]
    assert (name, files.get(file_id).read()) == ("b.py", b"b")


# ----------------------------------------------------------------------------- ids


def test_ids_go_on_from_the_highest_number(observer, mongo_db):
    mongo_db.runs.insert_many([{"_id": 7}, {"_id": "text"}, {"_id": bson.ObjectId()}])
    assert start(observer) == 8
    assert start(observer, "mine") == "mine"
    with pytest.raises(FileExistsError, match="There is a run 'mine' already"):
        start(observer, "mine")
    assert start(observer) == 9


def test_fifty_processes_get_fifty_ids(mongo_server, mongo_db):
    imports = (
        "import pymongo, gridfs\n"
        "from sacred.observers.mongo import MongoObserver\n"
        "from tests.unit.stores.observer_calls import complete, start\n"
    )
    body = (
        "observer = MongoObserver(sys.argv[1], sys.argv[2])\n"
        "print(start(observer))\n"
        "complete(observer)\n"
    )
    ids = run_together(50, imports, body, mongo_server.url, mongo_db.name)
    assert sorted(ids) == list(range(1, 51))
    assert mongo_db.runs.count_documents({"status": "COMPLETED"}) == 50


def test_a_run_is_overwritten(observer, mongo_db):
    start(observer)
    log(observer, {"loss": [1]})
    complete(observer, 1)
    observer.overwrite = "1"
    assert start(observer, config={"C": 3.0}) == 1
    complete(observer)
    [document] = mongo_db.runs.find()
    assert (document["config"], document["result"]) == ({"C": 3.0}, None)
    assert mongo_db.metrics.count_documents({}) == 0
    with pytest.raises(RuntimeError, match="overwrite"):
        queue(observer)
    observer.overwrite = 99
    with pytest.raises(RuntimeError, match="99"):
        start(observer)


# -------------------------------------------------------------------------- limits


def read_back(database, run_id):
    """A run as `MemoryStore.read` gives it."""
    run = database.runs.find_one({"_id": run_id})
    files = gridfs.GridFS(database)
    metrics = {}
    for document in database.metrics.find({"run_id": run_id}).sort("part"):
        points = zip(document["steps"], document["values"], document["timestamps"], strict=True)
        metrics.setdefault(document["name"], []).extend(points)
    run["info"].pop("metrics", None)
    newest = {
        entry["name"]: files.get(entry["file_id"]).read() for entry in run.get("artifacts", [])
    }
    resources = {
        name: files.find_one({"filename": name, "md5": digest}).read()
        for name, digest in run["resources"]
    }
    return {
        "output": read_output(run, GridFiles(files)),
        "metrics": metrics,
        "artifacts": newest,
        "resources": resources,
        **{name: run.get(name) for name in READ_FIELDS},
    }


@given(scenarios)
@example(([("print", "0\x80\x80\U00010000\x80\x80"), ("beat",), ("cut", 1, "")], "FAILED", None))
@settings(
    max_examples=examples(12, 40), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_life_with_tiny_limits(tmp_path_factory, observer, mongo_db, scenario):
    """What is for 16 MB otherwise, with some bytes: every path of the code for long ones."""
    directory = tmp_path_factory.mktemp("scenario")
    memory = MemoryStore()
    play(StoreObserver(memory), scenario, directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(points, "POINTS_PER_DOCUMENT", 3)
        patch.setattr(points, "POINTS_PER_PART", 2)
        for name, size in {
            "MAX_CHARS_IN_DOCUMENT": 12,
            "HEAD_CHARS": 3,
            "TAIL_CHARS": 4,
            "CHARS_AT_ONCE": 5,
        }.items():
            patch.setattr(output, name, size)
        run_id = play(observer, scenario, directory)
    assert read_back(mongo_db, run_id) == memory.read(1)


def test_long_output(observer, mongo_db):
    start(observer)
    text = ""
    for number in range(12):
        text += f"line é{number}\n" * 150_000
        beat(observer, text)
    document = mongo_db.runs.find_one()
    assert len(bson.encode(document)) < 8_000_000
    shown = document["captured_out"]
    assert shown.startswith("line é0\n")
    assert "captured_out_parts" in shown
    assert shown.endswith(text[-100_000:])
    assert read_back(mongo_db, 1)["output"] == text
    # A filter rewrites the end, and then something that is in GridFS since long.
    for changed in (text[:-5] + "100%", text[:1000] + "short"):
        beat(observer, changed)
        assert read_back(mongo_db, 1)["output"] == changed


def test_each_byte_of_output_is_sent_twice_at_most(observer, mongo_db):
    sent = 0

    def watch(event):
        nonlocal sent
        sent += len(bson.encode(event.command))

    with watched_client(mongo_db, watch) as client:
        watched = MongoObserver(client=client, db_name=mongo_db.name)
        start(watched)
        text = ""
        for _ in range(60):
            text += "0123456789abc\n" * 10_000
            beat(watched, text)
        complete(watched)
    assert sent < 2 * len(text)
    assert read_back(mongo_db, 1)["output"] == text


def test_long_metrics_go_on_in_further_documents(observer, mongo_db):
    start(observer)
    info = {}
    for _ in range(3):
        log(observer, {"loss": range(90_000)}, info)
    complete(observer)
    # Whoever does not know of the others has a hundred thousand points in the first one.
    first, *others = mongo_db.metrics.find().sort("part")
    assert "part" not in first
    assert [part["part"] for part in others] == list(range(1, 8))
    lengths = [len(part["values"]) for part in (first, *others)]
    assert lengths == [100_000, *[25_000] * 6, 20_000]
    assert info["metrics"] == [{"name": "loss", "id": str(first["_id"])}]
    values = [value for part in (first, *others) for value in part["values"]]
    assert values == list(range(90_000)) * 3
    assert list(observer.store.reader().points(1, "loss").values) == values


def test_points_that_bson_refuses(observer, mongo_db):
    start(observer)
    with pytest.warns(UserWarning, match="34 digits"):
        log(observer, {"huge": [10**40]})
    log(observer, {"huge": [1]})
    assert mongo_db.metrics.find_one()["values"] == [str(10**40), 1]


def test_large_config_info_and_result(observer, mongo_db, files):
    large = {f"key{number}": "x" * 60 for number in range(40_000)}
    start(observer, config={"C": 2.0, "large": large})
    beat(observer, "", {"x": 1, "large": large})
    complete(observer, {"y": 1, "large": large})
    document = mongo_db.runs.find_one({"config.C": 2.0, "info.x": 1, "result.y": 1})
    assert len(bson.encode(document)) < 100_000
    for field in ("config", "info", "result"):
        whole = json.loads(files.get(document["in_gridfs"][field]).read())
        assert whole["large"] == large
    # An info that grows does not leave all its earlier versions behind.
    start(observer)
    for number in range(3):
        beat(observer, "", {"number": number, "large": large})
    beat(observer, "", {"number": 3})
    whole = files.find({"filename": {"$regex": "^info://runs"}})
    assert len(list(whole)) == 1  # that of the first run
    assert mongo_db.runs.find_one({"_id": 2})["in_gridfs"] == {}


# ------------------------------------------------------------------------- failures


def test_the_server_comes_back_while_the_run_ends(own_mongo, tmp_path, monkeypatch):
    monkeypatch.setattr(StoreObserver, "pause", 1.0)
    observer = MongoObserver(
        own_mongo.url, serverSelectionTimeoutMS=300, failure_dir=tmp_path / "spool"
    )
    start(observer)
    own_mongo.kill()
    later = threading.Timer(1.0, own_mongo.start)
    later.start()
    complete(observer, 42)
    later.join()
    assert observer.run_entry["status"] == "COMPLETED"
    assert not (tmp_path / "spool").exists()


def test_a_store_can_be_asked_for_an_absent_server_without_waiting_for_it(own_mongo):
    """For the attempts at the end of a run, each of which would else wait for its limit."""
    store = MongoObserver(own_mongo.url, serverSelectionTimeoutMS=1_000_000).store
    store.check_reachable(60)
    own_mongo.kill()
    with pytest.raises(StoreUnavailableError):  # noqa: PT012 - the first may not know yet
        for _ in range(200):
            store.check_reachable(0.2)
            time.sleep(0.1)
    own_mongo.start()
    store.check_reachable(60)


# --------------------------------------------------------------- objects and options


def test_names_of_collections(mongo_db):
    arguments = {"client": mongo_db.client, "db_name": mongo_db.name}
    plain, prefixed = MongoObserver(**arguments), MongoObserver(collection_prefix="p", **arguments)
    assert (plain.runs.name, plain.metrics.name) == ("runs", "metrics")
    assert (prefixed.runs.name, prefixed.metrics.name) == ("p_runs", "p_metrics")
    with pytest.warns(DeprecationWarning, match="collection"):
        named = MongoObserver(collection="trials", **arguments)
    assert named.runs.name == "trials"
    assert plain == MongoObserver(priority=1, **arguments)
    assert plain != prefixed
    assert len({plain, MongoObserver(**arguments), prefixed}) == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"client": 3}, ValueError, "client needs to be a pymongo.MongoClient"),
        (
            {"collection": "x", "collection_prefix": "p"},
            ValueError,
            r"^Cannot pass both collection and a collection prefix\.$",
        ),
        (
            {"url": "mongodb://h/?collection_prefix=p", "collection_prefix": "q"},
            ValueError,
            "another collection prefix, 'p', than 'q'",
        ),
        *[
            ({"collection": name}, KeyError, "is reserved")
            for name in (
                "fs.files",
                "fs.chunks",
                "_properties",
                "system.indexes",
                "search_space",
                "search_spaces",
            )
        ],
    ],
)
def test_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        MongoObserver(**arguments)


def test_a_client_and_a_url(mongo_db):
    with pytest.raises(ValueError, match=r"Cannot pass both a client and a url\."):
        MongoObserver("localhost", client=mongo_db.client)


def test_one_address_names_the_prefix_for_writing_and_reading(mongo_server, mongo_db, tmp_path):
    place = f"mongodb://{mongo_server.host}:{mongo_server.port}/{mongo_db.name}"
    address = f"{place}?collection_prefix=p"
    run = SimpleNamespace(observers=[])
    mongo_db_option.apply(f"{address}&appname=test!3", run)
    [by_address] = run.observers
    by_argument = MongoObserver(place, mongo_db.name, collection_prefix="p")
    by_store = StoreObserver(store_from_url(address), failure_dir=str(tmp_path))
    for number, observer in enumerate((by_address, by_argument, by_store), 1):
        assert (start(observer), observer.store.url) == (number, address)
        log(observer, {"loss": [number]})
        complete(observer, number)
    assert pickle.loads(pickle.dumps(by_address)) == by_argument
    records = list(sacred.open_store(address).runs())
    assert [record.metrics["loss"].values[0] for record in records] == [1, 2, 3]
    with pytest.raises(StoreNotFoundError):
        list(sacred.open_store(place).runs())
    assert mongo_db.p_runs.count_documents({}) == mongo_db.p_metrics.count_documents({}) == 3


def test_the_selection_timeout_is_the_users_if_he_says_so():
    def timeout(*arguments, **keywords):
        return MongoObserver(*arguments, **keywords).runs.database.client.options

    assert timeout("localhost").server_selection_timeout == 5
    assert timeout("localhost", serverSelectionTimeoutMS=70).server_selection_timeout == 0.07
    url = "mongodb://localhost/?serverselectiontimeoutms=90"
    assert timeout(url).server_selection_timeout == 0.09


def test_from_collections_made_by_hand(mongo_db, tmp_path):
    observer = MongoObserver.create_from(mongo_db.mine, gridfs.GridFS(mongo_db), priority=5)
    info = {}
    start(observer)
    log(observer, {"loss": [1]}, info)
    beat(observer, "x", info)
    complete(observer)
    assert mongo_db.mine.find_one()["status"] == "COMPLETED"
    assert mongo_db.list_collection_names(filter={"name": "metrics"}) == []
    assert observer.priority == 5


def test_copies_and_pickles(mongo_server, mongo_db):
    original = MongoObserver(mongo_server.url, mongo_db.name, overwrite=None, priority=7)
    start(original)
    for other in (copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
        assert (other, other.priority) == (original, 7)
        start(other)
        complete(other)
    complete(original)
    assert mongo_db.runs.count_documents({"status": "COMPLETED"}) == 3


def test_an_observer_with_a_given_client_is_not_pickled(observer):
    with pytest.raises(TypeError, match="created with a url"):
        pickle.dumps(observer)


def test_deprecated_constructors(mongo_server, mongo_db):
    with pytest.warns(DeprecationWarning, match="create"):
        made = MongoObserver.create(mongo_server.url, mongo_db.name)
    assert made.priority == DEFAULT_MONGO_PRIORITY == 30
    with pytest.warns(DeprecationWarning, match="QueuedMongoObserver.create"):
        queued = QueuedMongoObserver.create(url=mongo_server.url, db_name=mongo_db.name)
    assert (queued.runs, queued.priority) == (made.runs, 30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("db", {"db_name": "db"}),
        ("my-db", {"db_name": "my-db"}),
        ("h:1", {"url": "h:1"}),
        ("my.host:27017", {"url": "my.host:27017"}),
        ("h:1:db", {"url": "h:1", "db_name": "db"}),
        ("[::1]:27017:db", {"url": "[::1]:27017", "db_name": "db"}),
        ("db.col", {"db_name": "db", "collection": "col"}),
        ("db!3", {"db_name": "db", "priority": 3}),
        ("h:1!4", {"url": "h:1", "priority": 4}),
        ("h:1.col", {"url": "h:1", "collection": "col"}),
        (
            "h:1:db.col:7!-5",
            {"url": "h:1", "db_name": "db", "collection": "col", "overwrite": "7", "priority": -5},
        ),
        ("mongodb://h", {"url": "mongodb://h"}),
        ("mongodb://h/?tls=true", {"url": "mongodb://h/?tls=true"}),
        ("mongodb://u:p@h:1/db", {"url": "mongodb://u:p@h:1/db", "db_name": "db"}),
        (
            "mongodb+srv://h.x/db?a=b!4",
            {"url": "mongodb+srv://h.x/db?a=b", "db_name": "db", "priority": 4},
        ),
    ],
)
def test_forms_of_the_option(text, expected):
    assert parse_mongo_db_arg(text) == expected


@pytest.mark.parametrize(
    "text", ["", "a b", "a:b:c", "h:1:", "db.", "db!x", ":1:db", "h:1:d:e", "mongodb://", "ftp://x"]
)
def test_malformed_options(text):
    with pytest.raises(ValueError, match="does not name a MongoDB"):
        parse_mongo_db_arg(text)


def test_the_option(mongo_url, mongo_db):
    run = SimpleNamespace(observers=[])
    assert mongo_db_option.get_flags() == ("-m", "--mongo_db")
    mongo_db_option.apply(f"{mongo_url}.trials!3", run)
    [observer] = run.observers
    assert (observer.runs.full_name, observer.priority) == (f"{mongo_db.name}.trials", 3)


# -------------------------------------------------------------------------- queued


def test_behind_a_queue(mongo_server, mongo_db):
    observer = QueuedMongoObserver(url=mongo_server.url, db_name=mongo_db.name)
    assert observer.priority == 30
    assert observer.runs.name == "runs"
    assert isinstance(observer._covered_observer, QueueCompatibleMongoObserver)
    info = {}
    start(observer)
    log(observer, {"loss": [1]}, info)
    beat(observer, "x", info)
    complete(observer, 5)
    began = time.monotonic()
    observer.join()
    assert time.monotonic() - began < 5
    run = read_back(mongo_db, 1)
    assert (run["status"], run["output"]) == ("COMPLETED", "x")
    assert info["metrics"][0]["name"] == "loss"


def test_points_are_not_doubled_behind_a_queue(own_mongo, tmp_path):
    observer = QueuedMongoObserver(
        interval=0.1,
        retry_interval=0.1,
        url=own_mongo.url,
        serverSelectionTimeoutMS=1000,
        failure_dir=tmp_path / "spool",
    )
    start(observer)
    own_mongo.kill()
    for number in range(5):
        log(observer, {"loss": [number]})
        time.sleep(0.1)
    own_mongo.start()
    complete(observer)
    observer.join()
    with pymongo.MongoClient(own_mongo.url) as client:
        run = read_back(client["sacred"], 1)
    assert [value for _, value, _ in run["metrics"]["loss"]] == [0, 1, 2, 3, 4]
    assert run["status"] == "COMPLETED"


def test_the_store_of_an_observer_outlives_it(mongo_url):
    """As in ``replay(path, MongoObserver(url).store)``."""
    address, _, name = mongo_url.rpartition(":")
    store = MongoObserver(address, name).store
    gc.collect()
    with pytest.raises(RunNotFoundError):
        store.apply(1, [])


def test_a_spool_keeps_the_ids_of_metrics_that_info_lists(mongo_db, tmp_path, monkeypatch):
    """Though none of their points got to the server before it died."""
    observer = MongoObserver(
        client=mongo_db.client, db_name=mongo_db.name, failure_dir=tmp_path / "spool"
    )
    start(observer)
    info = {}
    points = {"loss": {"values": [1.0], "steps": [0], "timestamps": [T0]}}
    with monkeypatch.context() as away:
        away.setattr(observer.store, "apply", refuse)
        with pytest.raises(StoreUnavailableError):
            observer.log_metrics(points, info)
        with contextlib.suppress(StoreUnavailableError):
            observer.heartbeat_event(info=info, captured_out="", beat_time=T0, result=None)
        observer.failed_event(fail_time=T0, fail_trace=[])
    [spool] = (tmp_path / "spool").glob("*/record.jsonl")
    store = MongoObserver(client=mongo_db.client, db_name=mongo_db.name).store
    for _ in range(2):
        replay(spool, store)
    [metric] = mongo_db.metrics.find()
    assert [{"name": "loss", "id": str(metric["_id"])}] == mongo_db.runs.find_one()["info"][
        "metrics"
    ]


def refuse(run_id, changes):
    raise StoreUnavailableError("gone")
