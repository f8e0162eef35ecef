"""The files of the page, as they are in the package."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

__all__ = ["PAGE_ROOT", "page_routes"]

PAGE_ROOT = Path(__file__).parent / "page"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def page_routes() -> list[BaseRoute]:
    """Return a route for each file, and for no others."""
    files = [path for path in sorted(PAGE_ROOT.rglob("*")) if path.is_file()]
    return [_route(path, path.relative_to(PAGE_ROOT).as_posix()) for path in files]


def _route(path: Path, name: str) -> BaseRoute:
    async def serve(request: Request) -> Response:
        content = path.read_bytes()
        etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
        # Asked each time, so that a page never mixes modules of two versions.
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        kind = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "text/plain"
        return Response(content, media_type=kind, headers=headers)

    return Route("/" if name == "index.html" else f"/{name}", serve, methods=["GET"])
