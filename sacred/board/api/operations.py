"""Operations of the API as values: parameters are parsed and checked in one place."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from sacred._base.frozen import Frozen
from sacred._base.text import did_you_mean
from sacred.board.opened_stores import BoardStore, run_of_key, store_of_key
from sacred.board.problem_details import Problem, response_to

if TYPE_CHECKING:
    from starlette.requests import Request

    from sacred.board.api.context import Board
    from sacred.records import RunRecord

__all__ = ["Call", "Operation", "Parameter", "endpoint_of"]

Kind = Literal["string", "integer", "number", "boolean"]
_MAX_BODY_BYTES = 1 << 20
_FLAGS = {"true": True, "false": False, "1": True, "0": False}
#: Stands for a slash within a part of a path; see `sacred.board.application`.
SLASH = "\x1f"


class Parameter(Frozen):
    """A parameter in the query of an address.

    Args:
        name: the name of the parameter.
        about: a description for the document.
        kind: the kind of its value.
        many: whether it may be given several times.
        required: whether it must be given.
        default: the value if it is not given.
        minimum: the minimum of a number.
        maximum: the maximum of a number.
        choices: the values that it can have (default: any).
    """

    name: str
    about: str
    kind: Kind = "string"
    many: bool = False
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def value(self, given: list[str]) -> Any:
        """Return the value of the parameter.

        Args:
            given: the strings in the URL.

        Raises:
            Problem: they are not valid.
        """
        if not given:
            if self.required:
                raise Problem(400, f"the parameter {self.name} is missing", parameter=self.name)
            return [] if self.many else self.default
        if self.many:
            return [self._one(text) for text in given]
        if len(given) > 1:
            raise self._wrong("can be given once only")
        return self._one(given[0])

    def _one(self, text: str) -> Any:
        if self.choices and text not in self.choices:
            hint = did_you_mean(text, self.choices) or f"It is one of {', '.join(self.choices)}."
            raise self._wrong(f"cannot be {text!r}. {hint}")
        if self.kind == "string":
            return text
        if self.kind == "boolean":
            if text not in _FLAGS:
                raise self._wrong(f"is true or false, not {text!r}")
            return _FLAGS[text]
        return self._number(text)

    def _number(self, text: str) -> float:
        try:
            number = int(text) if self.kind == "integer" else float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise self._wrong(
                f"is {'a whole' if self.kind == 'integer' else 'a'} number, not {text!r}"
            )
        if self.minimum is not None and number < self.minimum:
            raise self._wrong(f"is at least {self.minimum:g}")
        if self.maximum is not None and number > self.maximum:
            raise self._wrong(f"is at most {self.maximum:g}")
        return number

    def _wrong(self, problem: str) -> Problem:
        return Problem(400, f"the parameter {self.name} {problem}", parameter=self.name)


class Call(Frozen, eq=False):
    """A request, as the function of its operation gets it.

    Args:
        board: the board.
        path: the parameters in the path.
        values: the checked parameters in the query.
        headers: the headers of the request, by lower-case name.
        body: the body as JSON; None if there is none.
    """

    board: Board
    path: Mapping[str, str]
    values: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any = None

    @property
    def store(self) -> BoardStore:
        """The store in the path.

        Raises:
            Problem: there is no such store.
        """
        return store_of_key(self.board.stores, self.path["store"])

    @property
    def fields(self) -> dict[str, Any]:
        """The body, if it is an object; else an empty dict."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def run(self) -> RunRecord:
        """The run in the path.

        Raises:
            Problem: there is no such store.
            RunNotFoundError: there is no such run in it.
        """
        return self.store.runs[run_of_key(self.path["run"].replace(SLASH, "/"))]


class Operation(Frozen):
    """An operation of the API.

    Args:
        name: the name of the operation, for the document.
        method: the HTTP method.
        path: the path below ``/api/v1``.
        summary: what it does.
        serve: the function, called in a thread; its result is sent as JSON unless it is a response.
        parameters: the parameters in the query of the URL.
        result: the name of the schema of the result, or its media type.
        body: the name of the schema of the body.
        status: the status of a response without error.
        is_launching: whether it starts a process, and so needs permission.
    """

    name: str
    method: str
    path: str
    summary: str
    serve: Callable[[Call], Any]
    parameters: tuple[Parameter, ...] = ()
    result: str = ""
    body: str | None = None
    status: int = 200
    is_launching: bool = False

    @property
    def is_writing(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"


def endpoint_of(operation: Operation, board: Board) -> Callable[[Request], Awaitable[Response]]:
    """Return the function of Starlette that serves an operation.

    Args:
        operation: the operation.
        board: the board.
    """

    async def endpoint(request: Request) -> Response:
        try:
            call = Call(
                board=board,
                path=request.path_params,
                values=_values(operation, request),
                headers=dict(request.headers),
                body=await _body(request) if operation.body else None,
            )
            # Stores block; an event loop that waits for one would stop all other pages.
            found = await run_in_threadpool(operation.serve, call)
        except Exception as error:
            return response_to(error)
        if isinstance(found, Response):
            return found
        return JSONResponse(found, operation.status)

    return endpoint


def _values(operation: Operation, request: Request) -> dict[str, Any]:
    known = {parameter.name: parameter for parameter in operation.parameters}
    for name in request.query_params:
        if name not in known:
            hint = did_you_mean(name, known)
            raise Problem(400, f"there is no parameter {name!r}. {hint}".rstrip(), parameter=name)
    return {
        name: parameter.value(request.query_params.getlist(name))
        for name, parameter in known.items()
    }


async def _body(request: Request) -> Any:
    # What a form of another page can send is never JSON.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Problem(415, "the content type has to be application/json")
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MAX_BODY_BYTES:
            raise Problem(422, f"the body is larger than {_MAX_BODY_BYTES} bytes")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Problem(422, f"the body is no JSON: {error}") from None
