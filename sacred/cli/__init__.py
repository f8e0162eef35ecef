"""The command line: from ``sys.argv`` to a run, and from an error to an exit code.

===================  ==========================================================
`table`              the built-in options, as one table of plain rows
`options`            all options of an experiment: built-in ones, plug-ins, users'
`run_options`        what the built-in options do to a run
`legacy`             options declared as classes (deprecated)
`updates`            ``path=value`` → nested dict
`parser`             usage texts, and ``argv`` → `ParsedArguments`
`completion`         scripts for shells; `completion_words`: what stores have for them
`report`             how an error is shown
`main`               all of it in order
===================  ==========================================================
"""
