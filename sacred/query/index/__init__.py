"""The side index of stores that are directories of runs: what queries ask for, in SQLite.

It is never the truth. Each query first finds out what has changed in the store since the
index was written, and reads these runs again; what the index cannot say for sure of a run is
looked up in its files. Where there is no index to be had, all runs are read.

| module | what it holds |
|---|---|
| `entries` | a record → the values of its paths |
| `database` | the file: where it is, its tables, what can go wrong with it |
| `conditions` | expression → SQL with three truth values; NULL: that is not known here |
| `text_search` | the same for a text alone |
| `question` | what is asked, and what the index says, as values |
| `asking` | one question, put to the tables |
| `freshness` | which runs have changed |
| `reading_runs` | runs into the tables |
| `answers` | what the index knows and what has been looked up, as one |
| `side_index` | `SideIndex`: the answer to a query |
"""
