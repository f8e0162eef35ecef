"""``python -m sacred``: the console program."""

import sys

from sacred.app.main import main

if __name__ == "__main__":
    sys.exit(main())
