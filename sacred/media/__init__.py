"""Values that runs log besides numbers: images, figures, tables, histograms, sounds, text.

Each value, with its step, becomes a file in a common format (PNG, CSV, WAV, ...), stored as
an artifact whose name says what it is (`sacred.records.media`).

| module | what it holds |
|---|---|
| `log_methods` | `_run.log_image` and the others, a base class of `Run` |
| `encoding` | values of all kinds as the bytes of a file |
| `file_formats` | the kind of a file, from its first bytes |
"""
