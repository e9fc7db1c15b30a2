"""What one command and one batch can bring."""

from __future__ import annotations

from typing import Final

__all__ = ["BATCH", "BATCH_ROWS", "PAGE"]

PAGE: Final = 50
"""Rows a page, the same for every classic method."""
BATCH: Final = 50
"""Commands a batch."""
BATCH_ROWS: Final = PAGE * BATCH
"""Rows that one batch can bring."""
