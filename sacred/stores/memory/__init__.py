"""Records of runs in the memory of this process: for tests, and to compare stores with.

| module | what it holds |
|---|---|
| `claims` | the queue of a store in memory |
| `reader` | reading the records in the memory of this process |
| `store` | records of runs in the memory of this process: for tests, and to compare stores with |
"""
