"""`python -m scripts.manage`: the module name that the Procfile and systemd units use."""

from __future__ import annotations

import sys

from scripts.commands.manage.__main__ import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
