"""The schemas of the parameters and results of the API, in JSON Schema 2020-12."""

from __future__ import annotations

from typing import Any

from sacred.board.api.queueing.queue_schemas import QUEUE_SCHEMAS
from sacred.board.api.queueing.queue_schemas import list_of as _list
from sacred.board.api.queueing.queue_schemas import object_with as _object

__all__ = ["SCHEMAS"]

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_FLAG: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_ANYTHING: Schema = {}
_NAMED_COUNTS: Schema = {"type": "object", "additionalProperties": _COUNT}


_STORE = _object(
    {
        "key": _TEXT,
        "name": _TEXT,
        "url": _TEXT,
        "total": {"type": ["integer", "null"]},
        "statuses": _NAMED_COUNTS,
        "error": _TEXT_OR_NULL,
        "preparing": _FLAG,
    }
)
_FIELD = _object(
    {
        "name": _TEXT,
        "kind": _TEXT,
        "types": _list(_TEXT),
        "runs": _COUNT,
        "varies": _FLAG,
        "samples": _list(_ANYTHING),
    }
)
_ROW = _object(
    {
        "store": _TEXT,
        "key": _TEXT,
        "status": _TEXT_OR_NULL,
        "active": _FLAG,
        "starred": _FLAG,
        "problems": _list(_TEXT),
    }
)
_FILE = _object(
    {"name": _TEXT, "content_type": _TEXT, "md5": _TEXT_OR_NULL, "metadata": {"type": "object"}}
)
#: A series of logged images, tables, ...: the artifact of each step.
_MEDIA = _object(
    {
        "name": _TEXT,
        "kind": _TEXT,
        "steps": _list({"type": "integer"}),
        "artifacts": _list(_TEXT),
    }
)
_ANNOTATION_FIELDS: Schema = {
    "tags": _list(_TEXT),
    "notes": _TEXT_OR_NULL,
    "comment": _TEXT_OR_NULL,
    "group": _TEXT_OR_NULL,
    "starred": _FLAG,
}
_ANNOTATIONS = _object(_ANNOTATION_FIELDS)
_RUN = _object(
    {
        "store": _TEXT,
        "key": _TEXT,
        "id": {"type": ["integer", "string"]},
        "status": _TEXT_OR_NULL,
        "active": _FLAG,
        "name": _TEXT_OR_NULL,
        "command": _TEXT_OR_NULL,
        "queue_time": _TEXT_OR_NULL,
        "start_time": _TEXT_OR_NULL,
        "stop_time": _TEXT_OR_NULL,
        "heartbeat": _TEXT_OR_NULL,
        "duration": {"type": ["number", "null"]},
        "result": _ANYTHING,
        "annotations": _ANNOTATIONS,
        "etag": _TEXT,
        "in_trash": _FLAG,
        "fail_trace": _TEXT_OR_NULL,
        "user_trace": _TEXT_OR_NULL,
        "info": _ANYTHING,
        "host": _ANYTHING,
        "experiment": _ANYTHING,
        "meta": _ANYTHING,
        "metrics": _list(_TEXT),
        "artifacts": _list(_FILE),
        "media": _list(_MEDIA),
        "resources": _list(_FILE),
        "sources": _list(_FILE),
        "repeat": _list(_TEXT),
        "problems": _list(_TEXT),
    }
)
_RUN_PAGE = _object(
    {
        "snapshot": _TEXT,
        "total": {"type": ["integer", "null"], "minimum": 0},
        "offset": _COUNT,
        "columns": _list(_object({"name": _TEXT, "path": _TEXT, "kind": _TEXT})),
        "runs": _list(_ROW),
        "data": {"type": "object", "additionalProperties": _list(_ANYTHING)},
        "problems": _list(_TEXT),
        "hints": _list(_TEXT),
    }
)
_OUTPUT = _object({"from": _COUNT, "to": _COUNT, "total": _COUNT, "active": _FLAG, "text": _TEXT})
_RUN_NAME = _object({"store": _TEXT, "key": _TEXT})
_VIEW = _object({"name": _TEXT, "address": _TEXT})

_MEAN = {
    "type": ["object", "null"],
    "properties": {
        "count": _COUNT,
        "mean": {"type": ["number", "string"]},
        "deviation": {"type": ["number", "null"]},
        "margin": {"type": ["number", "null"]},
    },
    "required": ["count", "mean", "deviation", "margin"],
}
_GROUP = _object(
    {
        "values": _list(_ANYTHING),
        "runs": _COUNT,
        "statuses": _NAMED_COUNTS,
        "numbers": _list(_MEAN),
        "where": _TEXT_OR_NULL,
        "members": _list(_TEXT),
    }
)

#: An entry with the value of each run.
_COMPARED_ENTRY = _object(
    {"name": _TEXT, "values": _list(_ANYTHING)}, {"origins": _list(_TEXT_OR_NULL)}
)
_COMPARISON = _object(
    {
        "runs": _list(
            _object(
                {
                    "store": _TEXT,
                    "key": _TEXT,
                    "id": {"type": ["integer", "string"]},
                    "name": _TEXT_OR_NULL,
                    "status": _TEXT_OR_NULL,
                    "active": _FLAG,
                }
            )
        ),
        "metrics": _list(_object({"name": _TEXT, "runs": _COUNT})),
        "labels": _list(_COMPARED_ENTRY),
        "parts": {"type": "object", "additionalProperties": _list(_COMPARED_ENTRY)},
        "problems": _list(_TEXT),
    }
)

_NUMBER_OR_NULL: Schema = {"type": ["number", "null"]}
#: A group against the best one, or a pinned one; low or high null: the interval is open there.
_GROUP_MARK = _object(
    {
        "group": _COUNT,
        "difference": _NUMBER_OR_NULL,
        "low": _NUMBER_OR_NULL,
        "high": _NUMBER_OR_NULL,
        "interval": _TEXT,
        "p": _NUMBER_OR_NULL,
        "p_text": _TEXT,
        "paired": _FLAG,
        "counts": _list(_COUNT),
        "differs": _FLAG,
        "possible": _FLAG,
        "text": _TEXT,
    }
)
_RELATED_RUN_FIELDS: Schema = {
    "store": _TEXT,
    "key": _TEXT,
    "id": {"type": ["integer", "string"]},
    "name": _TEXT_OR_NULL,
    "status": _TEXT_OR_NULL,
}
_RELATED_RUN = _object(_RELATED_RUN_FIELDS)
_LINK = _object({"from": _TEXT, "to": _TEXT, "made_as": _TEXT, "read_as": _TEXT, "md5": _TEXT})
_USED_FILE = _object(
    {
        "how": _TEXT,
        "name": _TEXT,
        "md5": _TEXT,
        "size": {"type": ["integer", "null"]},
        "users": _list(_object({**_RELATED_RUN_FIELDS, "how": _TEXT})),
    }
)
_ANALYSES: dict[str, Schema] = {
    "GroupMarks": _object(
        {
            "base": {"type": ["integer", "null"]},
            "better": _TEXT,
            "comparisons": _COUNT,
            "groups": _list(_GROUP_MARK),
        }
    ),
    "EntryImportance": _object(
        {
            "method": _TEXT_OR_NULL,
            "about": _TEXT,
            "runs": _COUNT,
            "entries": _list(_object({"name": _TEXT, "share": {"type": "number"}})),
        }
    ),
    "Noise": _object(
        {
            "experiment": _TEXT_OR_NULL,
            "numbers": _list(
                _object(
                    {
                        "name": _TEXT,
                        "among": _COUNT,
                        "floor": _NUMBER_OR_NULL,
                        "runs": _COUNT,
                        "configurations": _COUNT,
                        "text": _TEXT,
                    }
                )
            ),
        }
    ),
    "Lineage": _object(
        {
            "runs": _list(_RELATED_RUN),
            "links": _list(_LINK),
            "files": _list(_USED_FILE),
            "problems": _list(_TEXT),
        }
    ),
    "LogDirectories": _object(
        {
            "directories": _list(_object({"path": _TEXT, "exists": _FLAG})),
            "command": _TEXT,
            "installed": _FLAG,
            "allowed": _FLAG,
            "address": _TEXT_OR_NULL,
        }
    ),
    "StartedTensorBoard": _object({"address": _TEXT}),
    "StoredTable": _object(
        {
            "columns": _list(_object({"name": _TEXT, "type": _TEXT})),
            "rows": _list(_list(_ANYTHING)),
            "total": _COUNT,
        }
    ),
    "FileUsers": _object(
        {
            "writers": _list(_RELATED_RUN),
            "readers": _list(_RELATED_RUN),
            "problems": _list(_TEXT),
        }
    ),
}

#: What has set an entry, what it overrode, and who has read it (null: not known).
_ORIGIN = _object(
    {
        "origin": _TEXT,
        "overridden": _list(_TEXT),
        "readers": {"type": ["array", "null"], "items": _TEXT},
    }
)

SCHEMAS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "query": _TEXT,
            "column": {"type": "integer", "minimum": 1},
            "hint": _TEXT,
        },
        "required": ["type", "title", "status", "detail"],
    },
    "Stores": _object({"stores": _list(_STORE), "read_only": _FLAG}),
    "Fields": _object({"fields": _list(_FIELD)}),
    "RunPage": _RUN_PAGE,
    "Groups": _object(
        {
            "by": _list(_TEXT),
            "values": _list(_TEXT),
            "groups": _list(_GROUP),
            "total": _COUNT,
            "problems": _list(_TEXT),
        }
    ),
    "Comparison": _COMPARISON,
    **_ANALYSES,
    "Run": _RUN,
    "Config": _object(
        {
            "config": _ANYTHING,
            "origins": {"type": "object", "additionalProperties": _ORIGIN},
            "problems": _list(_TEXT),
        }
    ),
    "Output": _OUTPUT,
    "Record": {"type": "object"},
    "AnnotationChanges": {
        "type": "object",
        "properties": _ANNOTATION_FIELDS,
        "additionalProperties": False,
        "minProperties": 1,
    },
    "Annotated": _object({"annotations": _ANNOTATIONS, "etag": _TEXT}),
    "RunNames": _object({"runs": _list(_RUN_NAME)}, {"force": _FLAG}),
    "Changed": _object({"changed": _COUNT}),
    "View": _object({"name": _TEXT}, {"address": _TEXT_OR_NULL}),
    "Views": _object({"views": _list(_VIEW), "shared": _FLAG}),
    **QUEUE_SCHEMAS,
}
