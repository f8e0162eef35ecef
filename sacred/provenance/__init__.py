"""Where the entries of a configuration come from, and who has used them.

| module | what it holds |
|---|---|
| `origins` | the origin of a value; an entry with its origin, what it overrode and its readers |
| `places` | files and lines of code, as they are shown |
| `stored_rows` | the form in which stores keep that: a list of rows |
| `taped_calls` | what captured functions took and gave (`--tape`), in its stored form |
| `usage` | which functions have read which entries of a run |
"""
