"""Programs in any language as runs: `sacred exec`.

| module | what it holds |
|---|---|
| `request` | `ExecRequest`: the request, as a frozen value |
| `declared_programs` `declared_parameters` | programs in project files, and their parameters |
| `program_experiment` | the experiment whose main function is a program |
| `program_run` | one run of a program: its input, and what is recorded |
| `child_process` | a program as a child of this process: its output, signals, exit status |
| `parameters` | parameters in arguments and environment variables |
| `parameter_file` | reading a parameter file, and writing it for one run |
| `metric_lines` | metrics in the output, and in JSON lines |
| `csv_metrics` | metrics in CSV files |
| `event_files` | metrics in event files of TensorBoard |
| `composition` | the composition of a program: its file, version, libraries |
| `made_files` | the files that a program made, as artifacts |
| `tracing` | the files that a program reads, writes and executes |
| `run_trace` | the trace of one run |
| `traced_experiment` | ``python train.py --trace``: an experiment started again under strace |
| `bundling` | traced runs in one file, with every file that the program used |
| `worktree` | an older commit in a scratch directory |
| `program_errors` | errors for programs that fail |
"""
