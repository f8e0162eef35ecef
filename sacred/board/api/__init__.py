"""The routes below ``/api/v1``, and the document that describes them.

| module | what it holds |
|---|---|
| `operations` | what a route takes and returns, as a value; parsing and checking of requests |
| `routes` | the table of all operations |
| `queueing` | queues and sweeps: what they have, and what can be done with them |
| `openapi` `schemas` | the OpenAPI 3.1 document that is made of the table |
| `run_selection` `run_pages` | runs that a query asks for, kept for paging; pages of them |
| `run_groups` | runs folded into groups of equal values |
| `group_curves` `group_statistics` | means of metrics over the runs of a group |
| `run_comparison` | what differs between some runs |
| `analysis` | what the runs of a query say together: importance, significance, noise, lineage |
| `field_catalogue` | stores with counts, paths with types and examples |
| `run_parts` | one run: its parts, output by ranges, the record |
| `stored_files` | files of a run by ranges; its log directories |
| `series` `buckets_of_points` | points of metrics, made fewer with exact extremes |
| `editing` | annotations with ETags, the trash |
| `change_stream` `change_feed` `watching` | events for open pages; who notices what has changed |
| `saved_views` `view_file` | views in a file beside the project's |
| `context` | the stores, and what is kept between requests |
"""
