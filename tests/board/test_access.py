"""Who may ask a board, and what browsers may do with its answers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from sacred.board.serving import free_socket, is_loopback
from sacred.observers.store_observer import StoreObserver
from sacred.runs import open_store
from sacred.runs.errors import UsageError
from sacred.testing import drive
from tests.board.api_client import READ_TOKEN, TOKEN, served


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("board") / "runs"
    with open_store(root) as store:
        observer = StoreObserver(store.backend)
        drive.start(observer)
        drive.complete(observer, 1)
    with served([str(root)], read_token=READ_TOKEN, allowed_hosts=["lab.example.org"]) as found:
        yield found


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False) as found:
        yield found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_api_needs_a_token(client: httpx.Client) -> None:
    refused = client.get("/api/v1/stores")
    assert (refused.status_code, refused.json()["title"]) == (401, "A token is needed")
    assert client.get("/api/v1/stores", headers=bearer("wrong")).status_code == 401
    assert client.get("/api/v1/openapi.json").status_code == 401
    assert client.get("/api/v1/stores", headers=bearer(TOKEN)).status_code == 200


def test_the_token_of_the_address_becomes_a_cookie_that_no_script_reads(
    client: httpx.Client,
) -> None:
    answer = client.get("/", params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("sacred-board-")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert client.get("/api/v1/stores").status_code == 200
    assert client.get("/", params={"token": "wrong"}).status_code == 403


def test_an_address_with_a_token_never_leads_to_another_site(
    client: httpx.Client, address: str
) -> None:
    answer = client.get(f"{address}//example.org/x", params={"token": TOKEN})
    assert answer.headers["location"] == "/example.org/x"


def test_a_second_token_may_only_read(client: httpx.Client) -> None:
    assert client.get("/api/v1/runs", headers=bearer(READ_TOKEN)).status_code == 200
    body = {"runs": [{"store": "runs", "key": "1"}]}
    refused = client.post("/api/v1/trash", json=body, headers=bearer(READ_TOKEN))
    assert (refused.status_code, "only be read" in refused.json()["detail"]) == (403, True)
    assert client.get("/api/v1/runs", headers=bearer(TOKEN)).json()["total"] == 1


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("localhost:1234", 200), ("[::1]:9", 200), ("127.0.0.1:1", 200),
        ("lab.example.org", 200), ("evil.example", 403), ("localhost.evil.example", 403),
        ("evil.example:8050", 403), ("", 403), ("a@localhost", 403),
    ],
)  # fmt: skip
def test_only_names_of_this_server_are_served(client: httpx.Client, host: str, status: int) -> None:
    answer = client.get("/api/v1/stores", headers={**bearer(TOKEN), "Host": host})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_pages_of_other_sites_get_nothing(client: httpx.Client, headers: dict[str, str]) -> None:
    refused = client.get("/api/v1/stores", headers={**bearer(TOKEN), **headers})
    assert refused.status_code == 403
    body = {"runs": [{"store": "runs", "key": "1"}]}
    assert client.post("/api/v1/trash", json=body, headers={**bearer(TOKEN), **headers}).is_error


def test_forms_cannot_write(client: httpx.Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        headers = {**bearer(TOKEN), "Content-Type": kind}
        refused = client.post("/api/v1/trash", content=b'{"runs": []}', headers=headers)
        assert refused.status_code == 415
    headers = {**bearer(TOKEN), "Content-Type": "application/json"}
    assert client.post("/api/v1/trash", content=b"{", headers=headers).status_code == 422
    assert client.post("/api/v1/trash", content=b"[" * 2000, headers=headers).status_code == 422
    assert client.post("/api/v1/trash", content=b" " * 2**21, headers=headers).status_code == 422


def test_every_answer_says_what_browsers_may_do_with_it(client: httpx.Client) -> None:
    for path in ("/", "/api/v1/stores", "/nothing"):
        headers = client.get(path, headers=bearer(TOKEN)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'self'")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_a_board_to_read_has_no_way_to_write(tmp_path: Path) -> None:
    with open_store(tmp_path / "runs") as store:
        observer = StoreObserver(store.backend)
        drive.start(observer)
        drive.complete(observer, 1)
    with (
        served([str(tmp_path / "runs")], read_only=True) as address,
        httpx.Client(base_url=f"{address}/api/v1", headers=bearer(TOKEN), trust_env=False) as api,
    ):
        document = api.get("/openapi.json").json()
        methods = {method for operations in document["paths"].values() for method in operations}
        assert methods == {"get"}
        body = {"runs": [{"store": "runs", "key": "1"}]}
        assert api.post("/trash", json=body).status_code == 404
        assert api.patch("/runs/runs/1", json={"notes": "x"}).status_code == 405
        assert api.get("/stores").json()["read_only"] is True


def test_passwords_of_addresses_are_never_shown(tmp_path: Path) -> None:
    url = "mongodb://ada:s3cret@127.0.0.1:1/lab?serverSelectionTimeoutMS=50"
    with (
        served([url]) as address,
        httpx.Client(base_url=f"{address}/api/v1", headers=bearer(TOKEN), trust_env=False) as api,
    ):
        answers = [api.get(path).text for path in ("/stores", "/runs", "/fields", "/runs/lab/1")]
        assert not any("s3cret" in answer for answer in answers)
        assert api.get("/runs", timeout=60).status_code == 503
        assert api.get("/stores").json()["stores"][0]["key"] == "lab"


def test_a_busy_port_leads_to_the_next_one() -> None:
    first = free_socket("127.0.0.1", 0)
    port = first.getsockname()[1]
    second = free_socket("127.0.0.1", port)
    try:
        assert port < second.getsockname()[1] <= port + 49
    finally:
        first.close()
        second.close()
    with pytest.raises(UsageError, match="from 0 to 65535"):
        free_socket("127.0.0.1", 70_000)
    with pytest.raises(UsageError, match="no-such-host"):
        free_socket("no-such-host.invalid", 0)
    assert not is_loopback("192.168.0.1")


def test_without_its_packages_one_error_names_the_extra() -> None:
    code = "import sys; sys.modules['starlette'] = None; import sacred.board"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert 'pip install "sacred[board]"' in done.stderr.replace("'", '"')


def test_slashes_and_quotes_in_ids_are_parts_of_them(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'runs.db'}") as store:
        for run_id in ("a/b", "../x", "q\"'?#%41"):
            observer = StoreObserver(store.backend)
            drive.start(observer, run_id)
            drive.complete(observer, 1)
    with (
        served({"db": f"sqlite:///{tmp_path / 'runs.db'}"}) as address,
        httpx.Client(base_url=address, headers=bearer(TOKEN), trust_env=False) as api,
    ):
        keys = [row["key"] for row in api.get("/api/v1/runs").json()["runs"]]
        assert sorted(keys) == sorted(["a/b", "../x", "q\"'?#%41"])
        for key in keys:
            found = api.get(httpx.URL(f"{address}/api/v1/runs/db/{quote(key, safe='')}")).json()
            assert found["id"] == key
