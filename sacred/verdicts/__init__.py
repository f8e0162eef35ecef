"""Verdicts on two records that should be the same run: are they, and where do they first differ?

| module | what it holds |
|---|---|
| `verdict` | `Verdict`: exact, equal, close, or different, and why |
| `divergence` | the first difference of two runs, in the order of cause and effect |
| `numbers` | results and points of metrics, compared number by number |
| `error_text` | an error in one line |
| `output_masks` | parts of outputs that differ each time: dates, durations, addresses |
| `run_paths` | paths of a run, relative to where it ran |
"""
