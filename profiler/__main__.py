"""`python -m profiler` is the same as `sdprof`."""

import sys

from profiler.cli import main

if __name__ == "__main__":
    sys.exit(main())
