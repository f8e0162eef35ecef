"""The command line: from ``sys.argv`` to a run, and from an error to an exit code.

| module | what it holds |
|---|---|
| `arguments` | usage texts: for users, and for docopt |
| `completion` | completions of a command line, for the program and for experiments |
| `completion_words` | words for completion that come from stores |
| `dispatch` | from ``argv`` to a run: usage, parsing, help, the run itself, and its errors |
| `error_messages` | how an error is shown on the command line |
| `errors` | errors that only the command line raises |
| `experiment_completion` | completions of command lines of an experiment |
| `option_classes` | options declared as classes (deprecated in favour of `cli_option`) |
| `option_table` | the one table of built-in options |
| `options` | all options of an experiment: built-in ones, those of plug-ins, and the user's |
| `parsing` | parsing of a command line by docopt |
| `run_options` | the functions of the built-in options, called with the value and the run |
| `shell_scripts` | the scripts with which shells ask for completions |
| `updates` | ``path=value``, edits, named configs, ``@FILE`` |
"""
