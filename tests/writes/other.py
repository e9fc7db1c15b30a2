"""The same adds by fast_bitrix24, in a process of its own: ``python other.py URL COUNT``."""

from __future__ import annotations

import sys


def main(url: str, count: int) -> None:
    from fast_bitrix24 import Bitrix

    items = [{"fields": {"TITLE": f"t{number:04}"}} for number in range(count)]
    added = Bitrix(url, verbose=False).call("crm.deal.add", items)
    for item in items[: len(added)]:
        sys.stdout.write(f"{item['fields']['TITLE']}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
