"""Whether hosts can be made on this machine."""

from __future__ import annotations

import os
import shutil

_PROGRAMS = {"ip": "iproute2", "nsenter": "util-linux", "unshare": "util-linux"}


def obstacle() -> str | None:
    """Why network namespaces cannot be made here; None if they can."""
    if os.geteuid() != 0:
        return "hosts are network namespaces, which only root may make"
    for program, package in _PROGRAMS.items():
        if shutil.which(program) is None:
            return f"hosts need {program}, of the package {package}"
    return None
