"""The query language, which is the same for all stores and independent of them.

| module | what it holds |
|---|---|
| `tokens` `parser` | text → tokens → expression |
| `syntax` | the expressions, as frozen values |
| `names` | short names and bare words, which the runs of a store explain |
| `fields` `validation` | the fields that every run has; mistakes found without any run |
| `times` | dates and durations |
| `values` | the value of a path in a record |
| `evaluate` | expression × record → true or false: the reference for all stores |
| `sorting` | how values of all kinds are sorted |
| `predicates` | what an expression implies, for stores that can filter |
| `regex_search` | search for regular expressions, with a bound on the time |
| `mongo_filter` | a filter of MongoDB → expression |
| `errors` | `QueryError`: what is wrong, where, and what was probably meant |

docs/querying.rst describes the language.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
