"""Tokens in Redis, for processes on many machines. Needs the extra ``redis``."""

from __future__ import annotations

import secrets
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from b24orm.errors import NotConfigured
from b24orm.transport.auth.secret import Secret
from b24orm.transport.auth.stores.leases import LEASE, leased
from b24orm.transport.auth.tokens import Tokens

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["RedisTokens"]

_TAKE: Final = """
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return redis.call('get', KEYS[1]) == ARGV[1] and 1 or 0
"""
"""Who asks again, because the answer was lost, has the lock."""

_LET_GO: Final = """
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0
"""


class RedisTokens:
    """Keeps tokens in Redis.

    Losing them means that users must authorise the application again, so let Redis keep them on
    disk (``appendonly yes``), and let nobody but the application read them.

    Args:
        url: ``redis://:password@host:6379/0``; ``rediss://`` for TLS.
        prefix: what the keys begin with.

    Raises:
        NotConfigured: the extra ``redis`` is not installed.

    >>> RedisTokens("rediss://:password@redis.example.com/0")                   # doctest: +SKIP
    """

    def __init__(self, url: str, *, prefix: str = "b24orm:tokens:") -> None:
        self._url = Secret(url)
        del url
        self._prefix = prefix
        self._client = _client(self._url)

    def load(self, key: str) -> Tokens | None:
        """The tokens that were saved last."""
        text: Any = self._client.get(self._prefix + key)
        return None if text is None else Tokens.from_json(text)

    def save(self, key: str, tokens: Tokens) -> None:
        """Keeps the tokens."""
        self._client.set(self._prefix + key, tokens.to_json())

    def delete(self, key: str) -> None:
        """Forgets the tokens."""
        self._client.delete(self._prefix + key)

    def lock(self, key: str) -> AbstractContextManager[object]:
        """One holder at a time; open again after 90 seconds if its holder died."""
        owner, name = secrets.token_hex(8), f"{self._prefix}{key}:lock"
        return leased(
            lambda: bool(self._client.eval(_TAKE, 1, name, owner, int(LEASE * 1000))),
            lambda: self._client.eval(_LET_GO, 1, name, owner),
        )

    def __repr__(self) -> str:
        return f"RedisTokens({urlsplit(self._url.reveal()).hostname!r})"


def _client(url: Secret) -> Redis:
    try:
        from redis import Redis
    except ImportError:
        raise NotConfigured("RedisTokens needs redis: pip install 'b24orm[redis]'") from None
    return Redis.from_url(url.reveal(), socket_timeout=10, socket_connect_timeout=10)
