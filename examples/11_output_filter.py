r"""Output filter: keep progress bars out of the record.

All output of a run is recorded. A progress bar goes back with ``\r`` and overwrites
itself; a record of it would be long and ugly. ``ex.captured_out_filter`` is a function
from text to text, and `apply_backspaces_and_linefeeds` leaves what a terminal shows
in the end::

    $ python 11_output_filter.py -F runs -l ERROR with steps=50
    ...
    Progress: [##########] 100%
    done

    $ cat runs/1/cout.txt
    Progress: [##########] 100%
    done
"""

import sys
import time

from sacred import Experiment
from sacred.utils import apply_backspaces_and_linefeeds

ex = Experiment("output_filter")
ex.captured_out_filter = apply_backspaces_and_linefeeds


@ex.config
def settings():
    steps = 20


@ex.automain
def main(steps):
    for step in range(steps + 1):
        percent = 100 * step // steps
        sys.stdout.write(f"\rProgress: [{'#' * (percent // 10):10}] {percent:3}%")
        sys.stdout.flush()
        time.sleep(0.001)
    print("\ndone")
