"""The schemas of the parameters and results of operations on queues and sweeps."""

from __future__ import annotations

from typing import Any

__all__ = ["QUEUE_SCHEMAS", "list_of", "object_with"]

Schema = dict[str, Any]


def list_of(item: Schema) -> Schema:
    """Return the schema of a list.

    Args:
        item: the schema of the items.
    """
    return {"type": "array", "items": item}


def object_with(required: Schema, optional: Schema | None = None) -> Schema:
    """Return the schema of an object with exactly these properties.

    Args:
        required: the schemas of required properties, by name.
        optional: the schemas of properties that may be missing.
    """
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number"}
_NAMED_COUNTS: Schema = {"type": "object", "additionalProperties": _COUNT}
_RUN_NAME: Schema = {"store": _TEXT, "key": _TEXT}

_QUEUE_STORE = object_with(
    {
        "key": _TEXT,
        "name": _TEXT,
        # Why it cannot be a queue, and why it cannot be read.
        "reason": _TEXT_OR_NULL,
        "error": _TEXT_OR_NULL,
        "waiting": _COUNT,
        "held": _COUNT,
        "leased": _COUNT,
    }
)
_ABOUT_RUN: Schema = {
    **_RUN_NAME,
    "id": {"type": ["integer", "string"]},
    "name": _TEXT_OR_NULL,
    "command": _TEXT_OR_NULL,
    "status": _TEXT_OR_NULL,
    "sweep": _TEXT_OR_NULL,
    "requirements": {},
    "stop_time": _TEXT_OR_NULL,
}
_LEASE: Schema = {
    **object_with(
        {
            "worker": _TEXT,
            "host": _TEXT,
            "seconds": _NUMBER,
            "beats": _COUNT,
            "silent": _NUMBER,
            "expired": _FLAG,
            "by_hand": _FLAG,
            "start": _TEXT_OR_NULL,
        }
    ),
    "type": ["object", "null"],
}
_QUEUED_RUN = object_with(
    {
        **_ABOUT_RUN,
        "state": {"enum": ["waiting", "held", "leased"]},
        "priority": {"type": ["number", "string"]},
        "attempt": _COUNT,
        "lost": _COUNT,
        "queue_time": _TEXT_OR_NULL,
        "lease": _LEASE,
    }
)
_WORKER = object_with(
    {"store": _TEXT, "worker": _TEXT, "host": _TEXT, "runs": list_of(_TEXT), "seen": _NUMBER}
)
_POINT: Schema = {
    "trial": {"type": "integer"},
    "values": {"type": "object"},
    "state": _TEXT,
    "reached": list_of(_NUMBER),
    "runs": list_of(object_with({"key": _TEXT, "status": _TEXT_OR_NULL})),
}
_SWEEP: Schema = {
    "store": _TEXT,
    "name": _TEXT,
    "experiment": _TEXT_OR_NULL,
    "begun": _TEXT_OR_NULL,
    "guided": _FLAG,
    "sampler": _TEXT_OR_NULL,
    "runs": _COUNT,
    "planned": _COUNT,
    "ended": _COUNT,
    "held": _COUNT,
    "statuses": _NAMED_COUNTS,
    "states": _NAMED_COUNTS,
    "objectives": list_of(object_with({"field": _TEXT, "maximize": _FLAG})),
    "best": list_of(object_with(_POINT)),
    "rivals": _TEXT_OR_NULL,
}

QUEUE_SCHEMAS: dict[str, Schema] = {
    "Queue": object_with(
        {
            "stores": list_of(_QUEUE_STORE),
            "runs": list_of(_QUEUED_RUN),
            "workers": list_of(_WORKER),
            "failed": list_of(object_with(_ABOUT_RUN)),
        }
    ),
    "QueueAction": object_with(
        {"action": _TEXT, "runs": list_of(object_with(_RUN_NAME))},
        {"force": _FLAG, "priority": _NUMBER},
    ),
    "QueueChanged": object_with(
        {
            "changed": list_of(object_with(_RUN_NAME)),
            "unchanged": list_of(object_with({**_RUN_NAME, "state": _TEXT_OR_NULL})),
            "done": _TEXT,
        }
    ),
    "Sweeps": object_with({"sweeps": list_of(object_with(_SWEEP)), "problems": list_of(_TEXT)}),
    "Sweep": object_with(
        {
            **_SWEEP,
            "dimensions": list_of(_TEXT),
            "space": list_of(_TEXT),
            "query": _TEXT,
            "total": _COUNT,
            "points": list_of(object_with({**_POINT, "best": _FLAG})),
        }
    ),
    "Importance": object_with(
        {
            "objectives": list_of(
                object_with(
                    {
                        "field": _TEXT,
                        "method": _TEXT,
                        "entries": list_of(object_with({"name": _TEXT, "share": _NUMBER})),
                    }
                )
            ),
            "note": _TEXT_OR_NULL,
        }
    ),
    "SweepAction": object_with({"action": _TEXT}),
    "Launchable": object_with(
        {
            "allowed": _FLAG,
            "launchable": list_of(object_with({"name": _TEXT, "kind": _TEXT, "help": _TEXT})),
            "stores": list_of(_TEXT),
            "error": _TEXT_OR_NULL,
        }
    ),
    "LaunchForm": object_with(
        {
            "name": _TEXT,
            "entries": list_of(object_with({"path": _TEXT, "schema": {"type": "object"}})),
            "schema": {"type": "object"},
        }
    ),
    "LaunchRequest": object_with({"name": _TEXT, "store": _TEXT, "entries": {"type": "object"}}),
    "Nothing": {"type": "object", "maxProperties": 0},
    "LaunchedRun": object_with({**_RUN_NAME, "id": {"type": ["integer", "string"]}}),
}
