"""From functions, dicts, files and text to the values of a configuration.

| module | what it holds |
|---|---|
| `config_scope` `scopes` | functions whose local variables become entries |
| `config_dict` `config_files` | dicts and files as sources |
| `file_includes` `file_variables` | files that include others; variables and secrets in them |
| `chain` `evaluations` | one source after another; evaluations that are used again |
| `dogmatic` `config_summary` | dicts with fixed values; what a source has set and changed |
| `normalize` `differences` | values into forms that can be stored; whether values differ |
| `typed_entries` | text of the command line where an entry is a bool or a float |
| `declared` | declared types of entries: annotations, dataclasses and the like |
| `read_only` | read-only containers |
| `captured_function` `signature` | functions whose arguments are filled from the configuration |
| `bindings` `snapshot` | what a captured function is called with in a run, and in another process |
| `custom_containers` `utils` | compatibility modules |

The names that users import are loaded when they are first asked for.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
