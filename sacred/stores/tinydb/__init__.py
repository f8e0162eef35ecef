"""Records of runs in one JSON file, a TinyDB database, with the runs' files beside it.

| module | what it holds |
|---|---|
| `store` | `TinyDbStore`: writing |
| `reader` | `TinyDbReader`: reading, databases of the old library included |
| `collector` | files that no run refers to |
| `database_file` | the JSON file: whole at any moment, one writer at a time |
| `hash_files` | files under the digest of their content, in the layout of HashFS |
| `long_output` | the output of a run, of any length: short in the entry, long in files |
| `tagged_values` | values as strings with a tag: ``{TinyDate}:2026-01-02T...`` |
"""
