"""Runs for people to look at, in text and pictures.

| module | what it holds |
|---|---|
| `console` | where text is written: terminal or not, colours, width |
| `value_text` | a value as text, and as JSON |
| `table` `text_table` `formats` | a table as a value; as text; as CSV, JSON, HTML |
| `run_rows` `run_summary` `metric_tables` | runs as rows; one run in short; its metrics |
| `fail_trace` | tracebacks without the frames of this library |
| `difference_table` `field_summary` | differences between runs; the fields that runs have |
| `plot` `metric_plots` | curves in a terminal; the metrics of one run or several |
| `axis` `svg` `run_labels` | marks of axes; curves in a page; what tells runs apart |
| `report` `report_page` | runs as one HTML file; its style and script |
| `comparison_text` `judgement_text` | what comparisons show, and cannot show, in sentences |
| `result_table` | the table of a paper as text, LaTeX, Markdown, HTML |
| `progress` | a progress bar |
"""
