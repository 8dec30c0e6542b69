"""Names that nothing uses, as vulture finds them.

Fields of structs and members of enumerations are left out: JSON and rows name them. What libraries
call and read is listed in pyproject.toml. Names that only tests use are dead.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Print them; 1 when there are any."""
    done = subprocess.run([sys.executable, "-m", "vulture"], stdout=subprocess.PIPE, text=True)
    dead = [line for line in done.stdout.splitlines() if not is_field(line)]
    print("\n".join(dead), end="\n" if dead else "")
    return 1 if dead or done.returncode not in (0, 3) else 0


def is_field(report: str) -> bool:
    """Whether a line of vulture's report is about a variable in a class."""
    path, number, problem = report.split(":", 2)
    indented = Path(path).read_text().splitlines()[int(number) - 1].startswith(" ")
    return problem.startswith(" unused variable") and indented


if __name__ == "__main__":
    sys.exit(main())
