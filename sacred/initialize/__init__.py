"""From definitions and a request to a configuration and a run.

| module | what it holds |
|---|---|
| `change_checks` | changes of the configuration that may be mistakes |
| `config_layers` | where the entries of a configuration come from |
| `config_schema` | the configuration as JSON Schema: declared types, defaults, documentation |
| `configuration` | computing a configuration without running: the list of phases |
| `create` | from a configuration to a run |
| `declared_values` | values that do not fit the declared types of their entries |
| `edits` | edits of entries from the command line: ``xs+=[3]`` appends, ``~d.x`` deletes |
| `entry_reader` | the entries that named configs read |
| `named_configs` | named configs, resolved from left to right |
| `phases` | the phases of configuring a run, as functions over scaffolds |
| `run_logger` | the loggers of a run: of the run itself, and of its captured functions |
| `scaffold` | the scaffold of one ingredient: its state while a run is configured |
| `source_reads` | which entries can be read |

:func:`configure` is the list of phases; :func:`create_run` creates a run from their
result. The single steps are public, because cluster tools call them one by one.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
