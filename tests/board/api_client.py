"""A board that serves on loopback, and a client that compares all answers with its document."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import uvicorn

import sacred.board
from sacred.board.serving import free_socket

TOKEN, READ_TOKEN = "full-token", "read-token"


@contextlib.contextmanager
def served(stores: Any, **options: Any) -> Iterator[str]:
    """The address of a board of some stores, which ends with the block."""
    options.setdefault("token", TOKEN)
    application = sacred.board.app(stores, **options)
    config = uvicorn.Config(
        application, log_config=None, log_level="warning", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    listening = free_socket("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < deadline, "the server does not start"
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()


class Api:
    """A client of a board: what it gets must be as the OpenAPI document says."""

    def __init__(self, address: str, token: str = TOKEN) -> None:
        self.address = address
        self.client = httpx.Client(
            base_url=f"{address}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
        )
        self.document = self.client.get("/openapi.json").json()

    def get(self, path: str, status: int = 200, headers: Any = None, **params: Any) -> Any:
        named = {name.rstrip("_"): value for name, value in params.items()}
        response = self.client.get(path, params=named, headers=headers)
        return self._checked(response, path, "get", status)

    def send(self, method: str, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.client.request(method, path, json=body, headers=named)
        return self._checked(response, path, method.lower(), status)

    def _checked(self, response: httpx.Response, path: str, method: str, status: int) -> Any:
        assert response.status_code == status, response.text
        media_type = response.headers.get("content-type", "").partition(";")[0]
        if status >= 400:
            assert media_type == "application/problem+json"
            self._validate(response.json(), {"$ref": "#/components/schemas/Problem"})
            return response.json()
        described = self._operation(path, method)["responses"]["200"]["content"]
        if "application/json" in described:
            assert media_type == "application/json"
            self._validate(response.json(), described["application/json"]["schema"])
            return response.json()
        assert media_type in described or "*/*" in described
        return response

    def _operation(self, path: str, method: str) -> Any:
        for template, operations in self.document["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            if re.fullmatch(pattern, path) and method in operations:
                return operations[method]
        raise AssertionError(f"the document does not have {method} {path}")

    def _validate(self, found: Any, schema: Any) -> None:
        whole = {**schema, "components": self.document["components"]}
        jsonschema.Draft202012Validator(whole).validate(found)

    def close(self) -> None:
        self.client.close()
