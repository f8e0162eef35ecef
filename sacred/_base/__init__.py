"""The ground floor: what every other package may use, built on the standard library only.

| module | what it holds |
|---|---|
| `errors` `tracebacks` | the tree of errors; tracebacks without the library's own frames |
| `frozen` | the base class of frozen values; sentinels |
| `paths` | dotted paths into nested containers |
| `text` `masking` `secret_text` | colours, control characters, suggestions; secrets |
| `clock` `timestamps` | the present time, durations; columns of times |
| `digest` `run_ids` | MD5 digests; ids of runs and their order |
| `registry` `lazy` `extras` `import_hooks` | plug-ins by name; packages and modules loaded on use |
| `current_run` `script` `deferred_thread` | the run of a context; the user's script; threads |
| `loggers` `cli_option` `functions` | loggers; the declaration of an option; old helper functions |
"""
