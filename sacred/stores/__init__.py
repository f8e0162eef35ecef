"""Where the records of runs are kept: one kind of document, several places.

`document` turns the events of a run into a document and changes of it; a store only says where
they go, in a module of its own: `file`, `mongo`, `sql`, `tinydb`, `memory`. Beside it stand its
reader (``..._reading``) and what finds garbage in it (``..._garbage``), loaded when they are used.

| module | what it holds |
|---|---|
| `base` `changes` | what a place has to offer, its errors; what can change in a record |
| `document` `recording` | events in, changes out; their way, whatever happens to the store |
| `spool` | what no store would take |
| `reading` `garbage` | the protocols of reading, and of finding what no run refers to |
| `registry` `opening` | stores by the scheme of their URL |
| `blobs` `bucket_blobs` `s3_blobs` `gcs_blobs` | where files lie: on a disk, in a bucket |
| `bucket` `bucket_reading` `kept_objects` | the store in a bucket; what readers keep of it |
| `json_record` `metrics_file` `local_files` | files that are written again and again |
| `metrics_reading` `points_cache` `columns` | long metrics out of files, as arrays |
| `next_id` `file_states` `file_notes` | large directories: the next id, what has changed |
| `mongo_points_reading` `mongo_metric_search` | metrics in MongoDB: read, and looked through |
| `mongo_...` `bson_...` `grid_files` | all other parts of the store in MongoDB |
| `sql_points...` `sql_blocks` `sql_block_guards` | points in SQL: rows, and packed beside them |
| `sql_metric_numbers` | what a database works out of points |
| `sql_...` | all other parts of the one in SQL databases; see `sql` |
| `tinydb_...` | parts of the one in TinyDB |
"""
