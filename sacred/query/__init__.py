"""Asking a store for runs: one language over all stores.

| module | what it holds |
|---|---|
| `errors` | `QueryError`: what is wrong, where, and what was probably meant |
| `tokens` | text → tokens |
| `moments` | dates and durations |
| `syntax` | the expressions, as frozen values |
| `names` | the fields that every run has |
| `parser` | tokens → expression |
| `mongo_filter` | a filter of MongoDB → expression |
| `values` | the value of a path in a record |
| `evaluate` | expression × record → yes or no |
| `coarse` | expression → conditions for candidates, for stores with a language |
| `to_mongo` `to_sql` | these conditions as filters and as SQL |
| `sql_metrics` `mongo_metrics` | numbers of metrics in both, and in orders |
| `sql_search` | a text that may stand anywhere, as SQL |
| `numbered` | runs with the numbers of their metrics, a page at once |
| `order` | how values of all kinds are sorted |
| `sql_order` `mongo_order` | the same for stores with a language |
| `sql_json` `sqlite_json` `postgres_json` | JSON texts as these databases read them |
| `pushdown` | which conditions and orders a reader takes |
| `best` | the first runs of an order |
| `index` | the side index of large stores of files |
| `table` | `RunTable`: the answer, lazily |
| `columns` | a table for pandas, Arrow and notebooks |
| `unknown` | fields that no run has |
| `run_store` | `RunStore` and `open_store` |

docs/querying.rst describes the language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sacred._base.lazy import lazy_face

if TYPE_CHECKING:
    from sacred.query.errors import QueryError
    from sacred.query.parser import parse
    from sacred.query.run_store import RunStore, open_store
    from sacred.query.table import RunTable

__all__ = ["QueryError", "RunStore", "RunTable", "open_store", "parse"]

_HOMES = {
    "QueryError": "sacred.query.errors",
    "RunStore": "sacred.query.run_store",
    "RunTable": "sacred.query.table",
    "open_store": "sacred.query.run_store",
    "parse": "sacred.query.parser",
}

__getattr__, __dir__ = lazy_face(globals(), _HOMES)
