"""Records of runs as objects of a bucket: the layout of `sacred.stores.files`, elsewhere.

| module | what it holds |
|---|---|
| `store` | the file store over a bucket, and its addresses |
| `reader` | many requests at once, and none for what has not changed |
| `bucket_blobs` | files as objects: the common part of S3 and GCS |
| `s3` `gcs` | the transports |
| `object_cache` | small objects kept on this machine |
"""
