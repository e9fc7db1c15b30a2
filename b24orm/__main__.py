"""``python -m b24orm``: the command ``b24orm``, where no folder of commands is on the path."""

from __future__ import annotations

import sys

from b24orm.cli import main

if __name__ == "__main__":
    sys.exit(main())
