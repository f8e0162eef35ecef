"""Config scopes: functions whose local variables become entries, executed under fixed values.

| module | what it holds |
|---|---|
| `scope_source` | finds the source of a scope, checks it, reads its documentation |
| `scope_code` | rewrites the source into a function that obeys fixed values |
| `scope_locals` | scopes that set variables by ``locals()``, ``vars()`` or ``exec`` |
| `scope_variables` | the values that the variables get while the body runs |

`sacred.config.config_scope` puts them together.
"""
