"""What runs log beside numbers: images, figures, tables, histograms, sounds, texts, with steps.

Each becomes a file of a common format (PNG, CSV, WAV, ...), stored as an artifact whose name
says what it is (`sacred.records.media`).

| module | what it holds |
|---|---|
| `log_methods` | `_run.log_image` and the others, a base class of `Run` |
| `encoding` | values of all kinds to the bytes of a file |
| `file_formats` | what kind of file some bytes are |
"""
