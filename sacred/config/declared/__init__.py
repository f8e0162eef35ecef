"""Declared types of entries: annotations of scopes, dataclasses and the like.

| module | what it holds |
|---|---|
| `declaration` | what a declaration can do: accept a default, convert a value, describe itself |
| `scalars` | numbers, texts, literals, enumerations, paths |
| `compounds` | unions, lists, tuples, dicts |
| `record_types` | dataclasses, `TypedDict`, attrs classes, pydantic models |
| `constrained` | ranges and units, by pydantic |
| `from_annotation` | from an annotation to its declaration |
| `scope_types` | the annotations of a config scope |
| `given_values` | the values from outside that a source converts while it is evaluated |
| `asked_instances` | instances for functions whose annotations ask for them |

Only values from outside are converted and checked; defaults are stored as they are written.
"""
