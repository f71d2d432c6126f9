"""`python -m xnat_gate` opens the same doors as the `xnat-gate` command."""

import sys

from xnat_gate.cli.doors import main

if __name__ == "__main__":
    sys.exit(main())
