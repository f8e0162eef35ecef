"""Records of runs as files: one directory per run, shared ones for sources and resources.

| module | what it holds |
|---|---|
| `store` | `FileStore`: writing |
| `reader` | `FileReader`: reading |
| `claims` | the queue: entries and notes in ``_queue``, locks of files |
| `artifact_names` | names that artifacts may not have |
| `collector` | sources and resources that no run refers to |
| `blobs` | where the files lie: a local disk; `sacred.stores.buckets` has others |
| `run_json` | ``run.json`` and ``info.json``, written again and again |
| `metrics_json` `metrics_json_reader` | ``metrics.json``: points appended; one metric read |
| `points_cache` | long metrics as arrays in the user's cache |
| `next_id` | the number of the next run |
| `fingerprints` `change_log` | telling whether a record has changed, in large directories |
| `index` | the side index of large stores: what queries ask for, in SQLite |
"""
