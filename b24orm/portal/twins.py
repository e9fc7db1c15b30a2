"""Calls for asynchronous code, alike for both kinds of portal: ``await portal.acall("profile")``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from b24orm.entity.habits import familiar
from b24orm.executor import rest
from b24orm.executor.executor import Executor
from b24orm.guard import guard

__all__ = ["Items", "TwinCalls"]

_T = TypeVar("_T")

if TYPE_CHECKING:
    Items = dict[str, Any] | Iterable[Mapping[str, Any]]
else:
    Items = Any  # checked one by one in rest.answer(), which says more than a type hint could


class TwinCalls:
    """The twins of ``call``, ``get_all`` and the like, to be awaited from any event loop."""

    if TYPE_CHECKING:

        def _open(self) -> Executor: ...

        async def arun(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T: ...

        async def _get_all(self, method: str, params: Mapping[str, Any] | None) -> Any: ...

    @overload
    async def acall(
        self, method: str, items: dict[str, Any] | None = None, *, raw: Literal[True]
    ) -> dict[str, Any]: ...
    @overload
    async def acall(self, method: str, items: dict[str, Any] | None = None, *, raw: bool = False) -> Any: ...
    @overload
    async def acall(self, method: str, items: Iterable[Mapping[str, Any]]) -> list[Any]: ...
    @familiar
    @guard
    async def acall(self, method: str, items: Items | None = None, *, raw: bool = False) -> Any:
        """Like :meth:`call`, for asynchronous code, whichever kind of portal it has.

        >>> import asyncio
        >>> me = asyncio.run(portal.acall("profile"))                          # doctest: +SKIP
        """
        return await self.arun(lambda: rest.answer(self._open(), method, items, raw=raw))

    @guard
    async def acall_batch(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Like :meth:`call_batch`, for asynchronous code."""
        return await self.arun(lambda: rest.call_batch(self._open(), params))

    @familiar
    @guard
    async def aget_all(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Like :meth:`get_all`, for asynchronous code."""
        return await self.arun(lambda: self._get_all(method, params))

    @familiar
    @guard
    async def aget_by_ID(  # noqa: N802 - the name that users know
        self,
        method: str,
        ID_list: Iterable[int | str],  # noqa: N803
        ID_field_name: str = "ID",  # noqa: N803
        params: Mapping[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """Like :meth:`get_by_ID`, for asynchronous code."""
        return await self.arun(
            lambda: rest.get_by_id(self._open(), method, ID_list, ID_field_name, params or {})
        )

    @guard
    async def alist_and_get(
        self,
        method_branch: str,
        ID_field_name: str = "ID",  # noqa: N803
    ) -> dict[Any, Any]:
        """Like :meth:`list_and_get`, for asynchronous code."""
        return await self.arun(lambda: rest.list_and_get(self._open(), method_branch, ID_field_name))
