"""Logging: a logger for each function.

``_log`` is a standard `logging.Logger`, named after the function::

    $ python 10_logging.py
    WARNING - logging - No observers have been added to this run
    INFO - logging - Running command 'main'
    INFO - logging - Started
    INFO - main - did all 3 items
    WARNING - main - that was a lot of work
    INFO - logging - Completed after 0:00:00

``-l`` sets the level, by name or by number::

    $ python 10_logging.py -l DEBUG with items=1
    WARNING - logging - No observers have been added to this run
    DEBUG - logging - Using capture mode "no"
    INFO - logging - Running command 'main'
    INFO - logging - Started
    DEBUG - logging - Starting Heartbeat
    DEBUG - main - Started
    DEBUG - work - Started
    DEBUG - work - working on item 0
    DEBUG - work - Finished after 0:00:00.
    INFO - main - did all 1 items
    DEBUG - main - Finished after 0:00:00.
    INFO - logging - Completed after 0:00:00
    DEBUG - logging - Stopping Heartbeat

    $ python 10_logging.py -l 40

If the root logger has handlers of your own, they are used as they are. To log
somewhere else, set ``ex.logger`` to your logger.
"""

from sacred import Experiment

ex = Experiment("logging")


@ex.config
def settings():
    items = 3


@ex.capture
def work(item, _log):
    _log.debug("working on item %s", item)


@ex.automain
def main(items, _log):
    for item in range(items):
        work(item)
    _log.info("did all %d items", items)
    if items > 2:
        _log.warning("that was a lot of work")
