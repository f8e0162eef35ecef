"""Runs for people to look at: what the program `sacred` and commands of experiments share.

| module | what it holds |
|---|---|
| `run_ids` | ``7``, ``last~1``, ``best:-metrics.loss.min`` |
| `planned` | a config file, or a run that has not begun, as a run; and the run nearest to one |
| `comparison` | runs side by side, part by part |
| `console` | where text is written: terminal or not, colours, width |
| `table` `text_table` | a table as a value, and as text |
| `values` | a value as text, and as JSON |
| `errors` | mistakes in the call |
"""
