"""Stands in for a worker: says that it started, and waits to be stopped."""

import os
import signal
import sys

print(f"{sys.argv[1]} {os.getpid()}")
signal.pause()
