"""A stored run as a frozen value, whatever store it comes from.

| module | what it holds |
|---|---|
| `attribute_dict` | read-only dicts with access by attribute |
| `stored_values` | stored values back to Python values, without executing anything |
| `metric` | the points of a metric as arrays |
| `damaged_data` | the errors of stored data that are not what they should be |
| `stored_files` | sources, resources and artifacts |
| `media` | images, tables, sounds, ... with steps: artifacts whose names say so |
| `source` | what a record is read from, as a protocol |
| `run_record` | `RunRecord` |
| `notebook` `sparkline` | a run as HTML, for notebooks; a small curve |
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
