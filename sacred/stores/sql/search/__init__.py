"""Searching in SQLite and PostgreSQL: predicates and orderings of a query as SQL.

| module | what it holds |
|---|---|
| `candidates` | `Filter` and `Ordering`: what the reader is given |
| `filters` | predicates as conditions |
| `order` | an ordering of runs |
| `metrics` | numbers of metrics in both |
| `text_search` | a text that may stand anywhere |
| `json_paths` `dialects` | JSON in columns of text; how the database at hand reads it |
| `json_sqlite` `json_postgres` | the two dialects |
"""
