"""Searching in SQLite and PostgreSQL: predicates and orderings of a query as SQL.

| module | what it holds |
|---|---|
| `candidates` | `Filter` and `Ordering`, as passed to the reader |
| `filters` | predicates as conditions |
| `order` | an ordering of runs |
| `metrics` | aggregates of metrics in both |
| `text_search` | searching for a text anywhere in a run |
| `json_paths` `dialects` | JSON in columns of text; how the database at hand reads it |
| `json_sqlite` `json_postgres` | the two dialects |
"""
