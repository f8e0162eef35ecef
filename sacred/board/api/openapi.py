"""The OpenAPI 3.1 document, made from the table of operations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sacred.__about__ import __version__
from sacred.board.api.operations import Operation, Parameter
from sacred.board.api.schemas import SCHEMAS
from sacred.board.problem_details import MEDIA_TYPE

__all__ = ["openapi_document"]

_PROBLEM = {
    "description": "an error",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def openapi_document(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the document that describes some operations.

    Args:
        operations: the operations that are served.
    """
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "sacred board", "version": __version__},
        "servers": [{"url": "."}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(operation: Operation) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    parameters += map(_parameter, operation.parameters)
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {str(operation.status): _result(operation), "default": _PROBLEM},
    }
    if operation.body:
        found["requestBody"] = {"required": True, "content": _json(operation.body)}
    if operation.method == "PATCH":
        parameters.append(
            {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}
        )
    return found


def _result(operation: Operation) -> dict[str, Any]:
    if operation.result in SCHEMAS:
        return {"description": operation.summary, "content": _json(operation.result)}
    return {"description": operation.summary, "content": {operation.result: {}}}


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": parameter.kind}
    limits = {"minimum": parameter.minimum, "maximum": parameter.maximum}
    schema |= {name: value for name, value in limits.items() if value is not None}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.many:
        schema = {"type": "array", "items": schema}
    elif parameter.default is not None:
        schema["default"] = parameter.default
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.about,
        "schema": schema,
    }
