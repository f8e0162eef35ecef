"""The routes below ``/api/v1``, and the document that describes them.

| module | what it holds |
|---|---|
| `operations` | a route as a value; parsing and checking of requests |
| `routes` | the table of all operations |
| `queueing` | queues and sweeps, and actions on them |
| `openapi` `schemas` | the OpenAPI 3.1 document, made from the table |
| `run_selection` `run_pages` | runs that match a query, kept for paging; pages of them |
| `run_groups` | runs grouped by equal values |
| `group_curves` `group_statistics` | means of metrics over the runs of a group |
| `run_comparison` | what differs between some runs |
| `analysis` | analyses of the runs of a query: importance, significance, noise, lineage |
| `field_catalogue` | stores with counts, paths with types and examples |
| `run_parts` | one run: its parts, output by ranges, the record |
| `stored_files` | files of a run by ranges; its log directories |
| `series` `buckets_of_points` | points of metrics, reduced with exact extremes |
| `editing` | annotations with ETags, the trash |
| `change_stream` `change_feed` `watching` | events for open pages; the watcher of changes |
| `saved_views` `view_file` | views in a file beside the project's |
| `context` | the stores, and state that is kept between requests |
"""
