"""``python -m sacred``: the console program."""

import sys

from sacred.app import main

if __name__ == "__main__":
    sys.exit(main())
