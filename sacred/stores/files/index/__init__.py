"""The side index of stores that are directories of runs: what queries ask for, in SQLite.

It is never the truth. Each query first finds out what has changed in the store since the
index was written, and reads these runs again; what the index cannot say for sure of a run is
looked up in its files. Where there is no index to be had, all runs are read.

| module | what it holds |
|---|---|
| `side_index` | `SideIndex`: the answer to a query |
| `stale_runs` | which runs have changed since the index was written |
| `catch_up` | many runs at once: interrupted and continued, in several processes |
| `ingest` `rows` | runs into the tables; the values of all paths of a record |
| `conditions` `text_search` | expression → SQL with three truth values; NULL: not known here |
| `execute` | one query run over the tables |
| `index_file` | the SQLite file: where it is, its tables, what can go wrong with it |
"""
