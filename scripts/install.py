#!/usr/bin/env python
"""Put the gate into an XNAT: `python scripts/install.py --xnat URL --dry-run`; the same as `xnat-gate install`."""

import sys

from xnat_gate.cli.doors import main

if __name__ == "__main__":
    sys.exit(main(["install", *sys.argv[1:]]))
