"""Searching in MongoDB: predicates and orderings of a query as filters and aggregations.

| module | what it holds |
|---|---|
| `filters` | predicates as a filter |
| `order` `ranking` | an ordering of runs as an aggregation, and the first rows of it |
| `metrics` `metric_ids` | numbers of metrics, which are documents of their own |
"""
