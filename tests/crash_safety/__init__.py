"""Crash safety: whatever is killed, stopped or full, what was stored is whole.

Real processes, servers and signals; each trial is compared with the account that the script
kept itself.

| module | what it holds |
|---|---|
| `effort` | the short form (every `pytest`) and the long one (``SACRED_TEST_FORM=long``) |
| `scripts/worker.py` | an experiment that keeps an account of its own, with fsync |
| `worker` | starting, disturbing and judging it |
| `places` | stores, and plain readers of them (json, sqlite3, psycopg, pymongo, boto3) |
| `test_*` | one promise each |
"""
