"""Display of runs for people, as text and pictures.

| module | what it holds |
|---|---|
| `console` | the place where text is written: terminal or not, colours, width |
| `value_text` | a value as text, and as JSON |
| `table` `text_table` `formats` | a table as a value, as text, and as CSV, JSON or HTML |
| `run_rows` `run_summary` `metric_tables` | runs as rows; a summary of one run; its metrics |
| `fail_trace` | tracebacks without the frames of this library |
| `difference_table` `field_summary` | differences between runs; the fields that runs have |
| `plot` `metric_plots` | curves in a terminal; the metrics of one or several runs |
| `axis` `svg` `run_labels` | marks of axes; curves in a page; labels that tell runs apart |
| `report` `report_page` | runs as one HTML file; its style and script |
| `comparison_text` `judgement_text` | conclusions from comparisons, in sentences |
| `result_table` | the table of a paper as text, LaTeX, Markdown, HTML |
| `progress` | a progress bar |
"""
