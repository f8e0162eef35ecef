"""Where the records of runs are kept: one kind of document, several backends.

`document` turns the events of a run into a document and changes to it; a backend only says
where they go. Each backend is a folder with its `store` (writing), `reader`, `collector`
(garbage) and, if it can search, `search` or `index`; none knows another.

| module | what it holds |
|---|---|
| `store` `changes` | the protocol of writing and its errors; what can change in a record |
| `document` | the events of a run in, changes of its document out |
| `output_positions` | the positions of escaped characters in the output |
| `delivery` `bounded` | pending changes and retries; deadlines of calls to servers |
| `spool` | a directory for what no store would take |
| `reader` `query_index` | the protocols of reading, of pushing queries down, and of an index |
| `claims` `queue_entry` | the protocol of a queue: leases, attempts as fencing tokens |
| `collector` | the protocol of garbage collection |
| `schemes` `builtin` | stores by the scheme of their URL; the functions that open ours |
| `point_columns` `local_files` | points as columns; local files that others may be writing |
| `cache_dir` | the user's cache directory |
| `files` | a directory per run, and the side `index` of large stores |
| `buckets` | the same files as objects of S3 and GCS |
| `sql` | SQLite, PostgreSQL, MySQL, MariaDB |
| `mongo` | MongoDB |
| `tinydb` | one file of JSON |
| `memory` | this process, for tests |
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
