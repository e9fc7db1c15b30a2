"""User code that type checkers must refuse. An ignore that is not needed is an error too."""

from __future__ import annotations

from b24orm.models import Deal


def mistakes() -> None:
    _ = Deal.objects.filter(stge="WON")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.filter(stage__gte=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.filter(opportunity__gte="10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(id__in=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.get(title=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.order_by("-amount")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.only("titel")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Deal(titel="x")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.get(id=1).titel  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
