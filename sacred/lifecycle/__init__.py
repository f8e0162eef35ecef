"""The parts of a run's execution: events, heartbeat, output, signals.

| module | what it holds |
|---|---|
| `artifact_files` | files for artifacts that are not files yet |
| `attempts` | a run as one of several attempts: queued, asked to end, resumed |
| `config_history` | the history of a run's configuration |
| `coroutines` | main functions and hooks that are coroutines |
| `detail_events` | the events with the parts of a record that are not read when runs are listed |
| `dispatcher` | dispatching events to observers, and handling observers that fail |
| `environment_events` | when the environment of a run is described, and sent to its observers |
| `exec_calls` | programs that replace this process (`os.execv` and similar calls) during a run |
| `file_arguments` | checks of the files and names that users hand to a run |
| `file_methods` | the methods of a run that record files: artifacts and resources |
| `forked` | a run in a forked child: the record is written by the process that started the run |
| `heartbeat` | the heartbeat of a run: sends observers what is new since the last one |
| `metric_sketch` | a few points of each metric of a run, for live displays |
| `notebook_display` | runs in notebooks: a display that is updated during a run |
| `output_record` | the output of a run so far, of any length, in bounded memory |
| `run_start` | the start of a run with several observers: one per destination, and one id for all |
| `signals` | graceful end of a run when the process is asked to stop |
| `tape` | `Tape`: digests of what captured calls took, drew and returned, for ``--tape`` |
| `value_digest` | digests of the arguments and results of functions |
"""
