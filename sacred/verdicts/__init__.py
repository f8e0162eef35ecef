"""Two records of what should be the same run: are they, and where do they differ first?

| module | what it holds |
|---|---|
| `verdict` | `Verdict`: exact, equal, close, or not, and why |
| `divergence` | the first difference of two runs, in the order of cause and effect |
| `numbers` | results and points of metrics, compared one by one |
| `error_text` | what an error says, in one line |
| `output_masks` | what of an output is another each time: dates, durations, addresses |
| `run_paths` | paths of a run, relative to where it ran |
"""
