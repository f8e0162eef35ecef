"""Which run has made the files that another one has read: by the digests of their contents.

| module | what it holds |
|---|---|
| `run_files` | the files that a run has read and made, with digests, of whatever kind of run |
| `lineage_graph` | the runs of many stores, connected by files |
| `lineage_text` | a graph as an indented text, in the language of Graphviz, and as plain data |
"""
