"""The side index of stores that are directories of runs: what queries ask for, in SQLite.

It is never the source of truth. Each query first finds out what has changed in the store since
the index was written, and reads these runs again; what the index does not know for sure about
a run is looked up in its files. Where no index is available, all runs are read.

| module | what it holds |
|---|---|
| `side_index` | `SideIndex`: the answer to a query |
| `stale_runs` | which runs have changed since the index was written |
| `catch_up` | reading many runs at once, in several processes, with interruptions |
| `ingest` `rows` | runs into the tables; the values of all paths of a record |
| `conditions` `text_search` | expression → SQL with three truth values; NULL: not known here |
| `execute` | execution of a query on the tables |
| `index_file` | the SQLite file: its path, its tables, its errors |
"""
