"""The query language: the same over all stores, and it knows none of them.

| module | what it holds |
|---|---|
| `tokens` `parser` | text → tokens → expression |
| `syntax` | the expressions, as frozen values |
| `fields` `validation` | the fields that every run has; mistakes that show without any run |
| `times` | dates and durations |
| `values` | the value of a path in a record |
| `evaluate` | expression × record → yes or no: what all stores have to agree with |
| `sorting` | how values of all kinds are sorted |
| `predicates` | what an expression implies, for stores that can search |
| `mongo_filter` | a filter of MongoDB → expression |
| `errors` | `QueryError`: what is wrong, where, and what was probably meant |

docs/querying.rst describes the language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sacred._base.lazy import lazy_face

if TYPE_CHECKING:
    from sacred.query.errors import QueryError
    from sacred.query.parser import parse

__all__ = ["QueryError", "parse"]

_HOMES = {
    "QueryError": "sacred.query.errors",
    "parse": "sacred.query.parser",
}

__getattr__, __dir__ = lazy_face(globals(), _HOMES)
