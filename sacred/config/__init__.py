"""The configuration: from functions, dicts, files and command-line text to values.

| module | what it holds |
|---|---|
| `config_scope` `scopes` | functions whose local variables become entries |
| `config_dict` `config_files` | dicts and files as sources |
| `file_includes` `file_variables` | files that include others; variables and secrets in them |
| `chain` `evaluations` | one source after another; cached evaluations |
| `dogmatic` `config_summary` | dicts with fixed values; what a source has set and changed |
| `normalize` `differences` | values in forms that can be stored; whether values differ |
| `typed_entries` | command-line text for entries that are bools or floats |
| `declared` | declared types of entries: annotations, dataclasses and the like |
| `read_only` | read-only containers |
| `captured_function` `signature` | functions whose arguments are filled from the configuration |
| `bindings` `snapshot` | what captured functions are called with in a run, and in another process |
| `custom_containers` `utils` | compatibility modules |

The names that users import are loaded on first use.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
