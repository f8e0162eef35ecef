"""Records of runs in an SQL database: SQLite, PostgreSQL, MySQL or MariaDB.

| module | what it holds |
|---|---|
| `store` `run_writer` | `SqlStore`; rows made and changed with the ORM |
| `reader` `documents` | `SqlReader`; rows as documents, whatever version made them |
| `claims` | the queue, in a table of its own |
| `collector` | rows that no run refers to |
| `database` `engine` `errors` | transactions, drivers, and what their errors mean |
| `tables` `models` `migrations` | the tables; ORM classes of them for scripts; migrations |
| `run_row` `shared_rows` `storable_text` | fields as columns, shared rows, storable strings |
| `points` `points_writer` `points_reader` | the points of a metric as rows, written and read |
| `chunks` | long metrics, packed in addition to their rows |
| `old_triggers` | removal of triggers of earlier versions |
| `aggregates` | minimum, maximum, mean, last of many metrics, computed by the database |
| `output` | captured output of any length |
| `search` | filters and orderings pushed down |
"""
