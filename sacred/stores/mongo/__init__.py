"""Records of runs in MongoDB: a document per run, one per metric, files in GridFS.

| module | what it holds |
|---|---|
| `store` | `MongoStore`: writing |
| `reader` | `MongoReader`: reading, records of the old library included |
| `points` `points_reader` | metrics in their own documents, written and read |
| `tails` | new points of a metric until its document is written again |
| `output` | captured output of any length |
| `claims` | the queue, in a field of the document of a run |
| `collector` | files and points that no run refers to |
| `client` `errors` | clients with time limits, addresses; the driver's errors |
| `gridfs_files` | files, each content stored once |
| `bson_values` `bson_times` `bson_columns` | values as stored in BSON; long arrays of numbers |
| `bson_appending` | long arrays that become longer |
| `search` | filters and orderings pushed down |
"""
