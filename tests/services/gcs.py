"""Google Cloud Storage over HTTP on loopback: the part of its JSON API that is needed here.

The emulators of the index know no ``ifGenerationMatch``, on which safe ids stand.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import google_crc32c

Reply = tuple[int, Any]


class GcsServer:
    """A server with content that survives `stop`; ``buckets[name][key]`` is the content."""

    def __init__(self) -> None:
        self.buckets: dict[str, dict[str, bytes]] = {}
        self.generations: dict[tuple[str, str], int] = {}
        #: When an object was changed, and how often its metadata were.
        self.updates: dict[tuple[str, str], tuple[str, int]] = {}
        self.uploads: list[tuple[str, dict[str, str], bytearray]] = []
        self.refusing = False
        #: While it is not set, requests are accepted, and wait for their answers.
        self.answering = threading.Event()
        self.answering.set()
        self.lock = threading.Lock()
        self.port = 0
        self.running = False
        self.start()

    def start(self) -> None:
        """Start, again on the same port."""
        handler = type("Handler", (_Handler,), {"store": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self.running = True

    def stop(self) -> None:
        """Stop: connections are refused."""
        self.running = False
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def make_bucket(self, bucket: str) -> None:
        """Make an empty bucket."""
        self.buckets[bucket] = {}

    def remove_bucket(self, bucket: str) -> None:
        """Remove a bucket with all that is in it."""
        del self.buckets[bucket]

    def content(self, bucket: str) -> dict[str, bytes]:
        """All objects of a bucket, as they are now."""
        with self.lock:
            return dict(self.buckets[bucket])

    def replace(self, bucket: str, key: str, content: bytes | None) -> None:
        """Replace an object; None removes it."""
        with self.lock:
            if content is None:
                del self.buckets[bucket][key]
            else:
                self._store(bucket, key, content, {})

    @property
    def environment(self) -> dict[str, str]:
        """What leads Google's library here."""
        return {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{self.port}"}

    def answer(self, method: str, url: str, headers: Any, body: bytes) -> Reply:
        """Status and content (bytes, or what becomes JSON) of a reply."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.refusing:
            return 403, {"error": {"message": "no rights"}}
        if found := re.fullmatch(r"/(upload/)?storage/v1/b/([^/]+)/o", parts.path):
            if found[2] not in self.buckets:
                return 404, {"error": {"message": "no such bucket"}}
            if found[1]:
                return self._upload(method, found[2], query, headers, body)
            return self._list(found[2], query)
        if found := re.fullmatch(r"/storage/v1/b/([^/]+)", parts.path):
            there = found[1] in self.buckets
            return (200, {"name": found[1], "location": "US"}) if there else (404, {})
        found = re.fullmatch(
            r"/(?:download/)?storage/v1/b/([^/]+)/o/([^/]+)(/compose)?", parts.path
        )
        assert found, url
        bucket, key = found[1], unquote(found[2])
        if found[3]:
            sources = [source["name"] for source in json.loads(body)["sourceObjects"]]
            joined = b"".join(self.buckets[bucket][name] for name in sources)
            return self._store(bucket, key, joined, query)
        known = self.generations.get((bucket, key))
        is_there = key in self.buckets.get(bucket, {})
        if not is_there or int(query.get("generation", known or 0)) != known:
            return 404, {"error": {"message": "no such object"}}
        number = self.updates[bucket, key][1]
        if int(query.get("ifMetagenerationMatch", number)) != number:
            return 412, {"error": {"message": "conditionNotMet"}}
        if method == "PATCH":
            self._update(bucket, key, number + 1)
            return 200, self._resource(bucket, key)
        if method == "DELETE":
            del self.buckets[bucket][key]
            return 204, b""
        content = self.buckets[bucket][key]
        return 200, content if query.get("alt") == "media" else self._resource(bucket, key)

    def _upload(
        self, method: str, bucket: str, query: dict[str, str], headers: Any, body: bytes
    ) -> Reply:
        if query["uploadType"] == "multipart":
            boundary = re.search(r'boundary="?([^";]+)', headers["content-type"])
            assert boundary
            _, head, data, _ = body.split(b"--" + boundary[1].encode(), 3)
            name = json.loads(head.split(b"\r\n\r\n", 1)[1])["name"]
            return self._store(bucket, name, data.split(b"\r\n\r\n", 1)[1][:-2], query)
        if method == "POST":
            self.uploads.append((json.loads(body)["name"], query, bytearray()))
            return 200, len(self.uploads) - 1
        name, conditions, content = self.uploads[int(query["upload_id"])]
        content += body
        if headers["content-range"].endswith(f"/{len(content)}"):
            return self._store(bucket, name, bytes(content), conditions)
        return 308, len(content)

    def _store(self, bucket: str, key: str, content: bytes, query: dict[str, str]) -> Reply:
        there = self.generations.get((bucket, key), 0) if key in self.buckets[bucket] else 0
        if int(query.get("ifGenerationMatch", there)) != there:
            return 412, {"error": {"message": "conditionNotMet"}}
        self.buckets[bucket][key] = content
        self.generations[bucket, key] = self.generations.get((bucket, key), 0) + 1
        self._update(bucket, key, 1)
        return 200, self._resource(bucket, key)

    def _update(self, bucket: str, key: str, number: int) -> None:
        now = datetime.datetime.now(datetime.UTC)
        self.updates[bucket, key] = (f"{now:%Y-%m-%dT%H:%M:%S.%fZ}", number)

    def _resource(self, bucket: str, key: str) -> dict[str, str]:
        content = self.buckets[bucket][key]
        return {
            "name": key,
            "bucket": bucket,
            "size": str(len(content)),
            "generation": str(self.generations[bucket, key]),
            "metageneration": str(self.updates[bucket, key][1]),
            "updated": self.updates[bucket, key][0],
            "md5Hash": base64.b64encode(hashlib.md5(content).digest()).decode(),
            "crc32c": base64.b64encode(google_crc32c.Checksum(content).digest()).decode(),
        }

    def _list(self, bucket: str, query: dict[str, str]) -> Reply:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        keys = [key for key in sorted(self.buckets[bucket]) if key.startswith(prefix)]
        folders = set()
        if delimiter:
            below = [key for key in keys if delimiter in key[len(prefix) :]]
            folders = {prefix + key[len(prefix) :].split(delimiter)[0] + "/" for key in below}
            keys = [key for key in keys if key not in below]
        items = [self._resource(bucket, key) for key in keys[: int(query.get("maxResults", 1000))]]
        return 200, {"items": items, "prefixes": sorted(folders)}


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # with 5, connections of many clients at once time out


class _Handler(BaseHTTPRequestHandler):
    store: GcsServer
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.store.answering.wait()
        with self.store.lock:
            status, content = self.store.answer(self.command, self.path, self.headers, body)
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        if status == 308:
            self.send_header("Range", f"bytes=0-{content - 1}")
        elif isinstance(content, int):
            path = f"http://127.0.0.1:{self.store.port}{self.path}"
            self.send_header("Location", f"{path}&upload_id={content}")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")  # `stop` leaves nobody connected
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def log_message(self, format: str, *args: Any) -> None:
        pass
