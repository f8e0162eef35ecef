"""Records of runs in the memory of this process: for tests, and for comparing stores.

| module | what it holds |
|---|---|
| `claims` | the queue of a store in memory |
| `reader` | reading the records in the memory of this process |
| `store` | the store, and the reference meaning of each change |
"""
