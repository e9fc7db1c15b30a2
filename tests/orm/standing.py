"""Time that does not pass, for tests that count requests."""

from __future__ import annotations


class Standing:
    """A clock by which every answer comes at once, however busy the machine is.

    Who waits long for a batch sends smaller ones, and more of them.
    """

    def now(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing makes wait {seconds} s here")
