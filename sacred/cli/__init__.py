"""The command line: from ``sys.argv`` to a run, and from an error to an exit code.

===================  ==========================================================
`option_table`       the built-in options, as one table of plain rows
`options`            all options of an experiment: built-in ones, plug-ins, users'
`run_options`        what the built-in options do to a run
`option_classes`     options declared as classes (deprecated)
`updates`            ``path=value`` → nested dict
`arguments`          usage texts
`parsing`            ``argv`` → `ParsedArguments`, by docopt
`errors`             errors that only the command line raises
`error_messages`     how errors are shown
`completion`         what a command line can become; `experiment_completion`: of an
                     experiment; `completion_words`: values from stores
`shell_scripts`      the scripts that ask for it
`dispatch`           from ``argv`` to a run
===================  ==========================================================
"""
