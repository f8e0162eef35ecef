"""The commands that every experiment has, and the text that they print.

| module | what it holds |
|---|---|
| `built_in` | the commands themselves. Their docstrings are what ``help`` shows |
| `config_effects` | what updates change in a configuration, directly and indirectly |
| `config_text` | a configuration as text, coloured by how its entries were changed |
| `entry_history` | where the entries of a configuration come from, as text |
| `named_config_text` | the named configs of an experiment as text |
| `pretty` | values of a configuration over several lines, as `print_config` shows them |
| `stored_run` | comparison of a planned run with stored ones: the command ``diff`` of experiments |

The commands are ordinary functions; an experiment captures them like those of
its user, which fills in ``_run``, ``_config`` and ``_log``. They are defined
in `built_in`, their texts in `config_text`, `named_config_text`, `pretty`,
`stored_run` (``diff``), `entry_history` (``explain``) and `config_effects`
(``print_config`` with ``--effects`` or ``--unused``).
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
