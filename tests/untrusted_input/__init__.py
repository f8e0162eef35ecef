"""Untrusted input: anything at all is data or a clear error, and nothing of it is executed.

| module | what it holds |
|---|---|
| `inputs` | payloads, and the readers that are fed with anything |
| `fuzz` | the harness for atheris, to be run by hand |
| `scripts/hostile.py` | a run whose output, keys, values, names and files are strange |
"""
