"""Errors of the API as problems (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from sacred._base.errors import MissingExtraError, SacredError
from sacred._base.masking import mask_passwords
from sacred.query.errors import QueryError
from sacred.runs.errors import ProgramError, UsageError
from sacred.stores.store import (
    DamagedRunError,
    RunNotFoundError,
    StoreError,
    StoreUnavailableError,
)

# `Problem` is not listed: it never leaves the board, so nobody else can catch it.
__all__ = ["MEDIA_TYPE", "problem_of", "response_to"]

MEDIA_TYPE = "application/problem+json"

_TITLES = {
    400: "The request makes no sense",
    401: "A token is needed",
    403: "That is not allowed",
    404: "There is no such thing",
    405: "That cannot be done here",
    409: "The run is in the way",
    412: "Somebody else has changed it",
    415: "The body has to be JSON",
    416: "The file has no such part",
    422: "The body makes no sense",
    428: "An If-Match header is needed",
    500: "Something went wrong",
    503: "The store cannot be reached",
}


class Problem(Exception):
    """An error that is reported to the client.

    Args:
        status: the status of the response.
        detail: a sentence that says what is wrong.
        more: further members of the problem, such as the column of a mistake in a query.
    """

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more

    def to_dict(self) -> Mapping[str, Any]:
        """Return the members of the problem, with passwords masked."""
        return {
            "type": "about:blank",
            "title": _TITLES.get(self.status, "Error"),
            "status": self.status,
            "detail": mask_passwords(self.detail),
            **self.more,
        }


def problem_of(error: Exception) -> Problem:
    """Return the problem for an error.

    Args:
        error: the exception that was raised while a request was served.
    """
    match error:
        case Problem():
            return error
        case QueryError():
            where = {"query": error.query, "column": error.column + 1} if error.query else {}
            hint = {"hint": error.hint} if error.hint else {}
            return Problem(400, error.problem, **where, **hint)
        case RunNotFoundError():
            return Problem(404, str(error))
        case DamagedRunError():
            return Problem(500, str(error))
        case StoreUnavailableError():
            return Problem(503, str(error))
        case StoreError():
            return Problem(409, str(error))
        case UsageError() | ProgramError():
            return Problem(400, str(error))
        case FileNotFoundError():
            return Problem(404, "the store does not have this file")
        case SacredError() | MissingExtraError():
            return Problem(500, str(error))
    return Problem(500, f"unexpected {type(error).__name__}: {error}")


def response_to(error: Exception) -> Response:
    """Return the response for an error.

    Args:
        error: see `problem_of`.
    """
    problem = problem_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else None
    return JSONResponse(problem.to_dict(), problem.status, media_type=MEDIA_TYPE, headers=headers)
