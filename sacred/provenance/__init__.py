"""Where the entries of a configuration come from, and what has used them.

| module | what it holds |
|---|---|
| `origins` | the origin of a value; an entry with its origin, what it overrode and its readers |
| `places` | files and lines of code, as shown |
| `stored_rows` | the stored form: a list of rows |
| `taped_calls` | what captured functions took and returned (`--tape`), in its stored form |
| `usage` | which functions read which entries of a run |
"""
