"""Lineage: which run made the files that another one read, by the digests of their contents.

| module | what it holds |
|---|---|
| `run_files` | the files that any kind of run read and made, with digests |
| `lineage_graph` | the runs of several stores, connected by files |
| `lineage_text` | a graph as an indented text, in the language of Graphviz, and as plain data |
"""
