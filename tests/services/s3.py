"""S3 over real HTTP on loopback: moto's server, which can go away and come back."""

from __future__ import annotations

import threading
from typing import Any

from botocore.loaders import JSONFileLoader, Loader
from moto.moto_server import werkzeug_app
from moto.server import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.services import s3_reads


class _AnyCharacter(werkzeug_app.RegexConverter):
    """Keys may have line ends, which moto's routes leave out."""

    def __init__(self, url_map: Any, *items: Any) -> None:
        super().__init__(url_map, *items)
        self.regex = f"(?s:{self.regex})"


werkzeug_app.RegexConverter = _AnyCharacter  # type: ignore[misc]


class _ParsedOnce(JSONFileLoader):
    """Clients share the descriptions of services: to parse them takes a client 0.15 seconds."""

    _parsed: dict[str, Any] = {}  # noqa: RUF012

    def load_file(self, file_path: str) -> Any:
        if file_path not in self._parsed:
            self._parsed[file_path] = super().load_file(file_path)
        return self._parsed[file_path]


Loader.FILE_LOADER_CLASS = _ParsedOnce


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class S3Server:
    """A server with content that survives `stop`, as long as this process does."""

    def __init__(self) -> None:
        self._app = create_backend_app("s3")
        # The real service decides atomically who of several makes an object; moto looks first.
        self._lock = threading.Lock()
        self.port = 0
        self.running = False
        #: Answer every request with 403, as if the credentials were wrong.
        self.refusing = False
        #: While it is not set, requests are accepted, and wait for their answers.
        self.answering = threading.Event()
        self.answering.set()
        #: Answer usual reads without moto, from what it keeps.
        self.quick_reads = True
        self.start()

    def start(self) -> None:
        """Start, again on the same port."""
        self._server = make_server(
            "127.0.0.1", self.port, self._serve, threaded=True, request_handler=_Quiet
        )
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

    def content(self, bucket: str) -> dict[str, bytes]:
        """All objects of a bucket."""
        return s3_reads.content(bucket)

    def make_bucket(self, bucket: str) -> None:
        """Make an empty bucket."""
        s3_reads.make_bucket(bucket)

    def remove_bucket(self, bucket: str) -> None:
        """Remove a bucket with all that is in it."""
        s3_reads.remove_bucket(bucket)

    @property
    def url(self) -> str:
        """For ``AWS_ENDPOINT_URL``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What leads boto3 here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-central-1",
        }

    def _serve(self, environ: Any, start_response: Any) -> Any:
        self.answering.wait()
        if self.refusing:
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            code = b"<Code>InvalidAccessKeyId</Code><Message>Unknown key</Message>"
            return [b"<?xml version='1.0'?><Error>" + code + b"</Error>"]
        with self._lock:
            answer = s3_reads.read(environ) if self.quick_reads else None
            if answer is None:
                return self._app(environ, start_response)
        headers = {**answer.headers, "content-length": str(len(answer.body))}
        start_response("200 OK", [*headers.items()])
        return [answer.body]
