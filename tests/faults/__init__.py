"""Faults: real processes, servers and signals, each trial compared with what the script did.

| module | what it holds |
|---|---|
| `form` | the short form (every `pytest`) and the long one (``SACRED_FAULTS=long``) |
| `scripts/worker.py` | an experiment that keeps an account of its own, with fsync |
| `worker` | starting, disturbing and judging it |
| `places` | stores, and plain readers of them (json, sqlite3, psycopg, pymongo, boto3) |
| `test_*` | one item of promises each |
| `fuzz.py` | the harness for atheris, to be run by hand |
"""
