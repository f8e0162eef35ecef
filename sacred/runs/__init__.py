"""Stored runs as users query and compare them, whatever store they are in.

| module | what it holds |
|---|---|
| `run_store` | `RunStore` and `open_store` |
| `run_table` | `RunTable`: the answer to a query, read lazily |
| `pushdown` `merge` | a query as a filter of the store; an index's answer merged with others |
| `prefetch` | runs together with the numbers of their metrics, a page at a time |
| `top_k` | the first k rows of an ordering that a store gives nearly sorted |
| `damage` | values of runs that may be damaged |
| `columns` | a table of runs for pandas, Arrow and notebooks |
| `short_names` | short names in queries, explained by the runs |
| `unknown_fields` | fields in a query that no run has |
| `run_references` | how users name a run: ``7``, ``last~1``, ``best:-metrics.loss.min`` |
| `unsaved_run` | a config file or a planned run as a run; the run nearest to it |
| `comparison` | runs side by side, part by part |
| `groups` `significance` | runs as samples by seed; groups of them compared |
| `identity` | which runs differ only in their seeds |
| `judgement` `result_grid` | a verdict on a candidate; runs as the table of a paper |
| `reproducibility` | reasons why a run cannot be repeated exactly |
| `repeating` | the commands that repeat a run |
| `program_words` | the words that run a program of `sacred exec` again |
| `errors` | mistakes in what a user asks for |
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
