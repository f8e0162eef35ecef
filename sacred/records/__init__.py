"""A stored run as a frozen value, whichever store it comes from.

| module | what it holds |
|---|---|
| `attribute_dict` | read-only dicts with access by attribute |
| `stored_values` | stored values restored to Python values, without executing anything |
| `metric` | the points of a metric as arrays |
| `damaged_data` | the errors for damaged data |
| `stored_files` | sources, resources and artifacts |
| `media` | images, tables, sounds, ... with steps, which are artifacts with special names |
| `source` | where a record is read from, as a protocol |
| `run_record` | `RunRecord` |
| `notebook` `sparkline` | a run as HTML, for notebooks; a small curve |
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
