"""The commands that every experiment has, and the texts that they print.

The commands are ordinary functions; an experiment captures them like those of
its user, which fills in ``_run``, ``_config`` and ``_log``. They are defined
in `built_in`, their texts in `config_text`, `named_config_text`, `pretty`,
`stored_run` (``diff``), `entry_history` (``explain``) and `config_effects`
(``print_config`` with ``--effects`` or ``--unused``).
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
