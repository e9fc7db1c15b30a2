"""The same adds by fast_bitrix24, in a process of its own: ``python other.py URL COUNT``."""

from __future__ import annotations

import sys

from fast_bitrix24 import Bitrix

items = [{"fields": {"TITLE": f"t{number:04}"}} for number in range(int(sys.argv[2]))]
Bitrix(sys.argv[1], verbose=False).call("crm.deal.add", items)
