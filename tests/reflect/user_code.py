"""Code on a reflected module. An ignore that is not needed is an error: so every mistake is found."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from typing_extensions import assert_type

from b24orm import Binding, Money, models
from b24orm.values import Address

if TYPE_CHECKING:  # the module is made by the test
    from mine import Cars, Contracts, Deal, Task, User


def reads() -> None:
    deals = Deal.objects.filter(stage="C1:WON", category_id=1, one_enumeration="Red")
    deals = deals.exclude(one_money=Money(5, "USD")).filter(many_crm__in=["D_1", Binding.to("Deal", 2)])
    for deal in deals.order_by("-one_date").only("one_date", "one_money"):
        assert_type(deal, Deal)
        assert_type(deal.one_money, Money | None)
        assert_type(deal.one_address, Address | None)
        assert_type(deal.one_crm, Binding | None)
        assert_type(deal.one_double, Decimal | None)
        assert_type(deal.one_date, date | None)
        assert_type(deal.one_boolean, bool | None)
        assert_type(deal.one_enumeration, int | None)
        assert_type(deal.one_employee_user, models.User | None)
    _ = Deal.objects.filter(one_enumeration=Deal.ONE_ENUMERATION["Red"], source_id="Web")
    _ = Contracts.objects.filter(stage="DT1038_3:NEW").first()
    assert_type(Contracts.objects.get(id=1), Contracts)
    _ = User.objects.filter(grade=1), Task.objects.filter(wish__contains="a"), Cars.objects.first()
    _ = Deal(title="A", one_money=Money(5, "USD"), stage="C1:WON", one_enumeration="Blue")


def mistakes() -> None:
    _ = Deal.objects.filter(stage="C1:WONN")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(category_id=99)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(one_enumeration="Rad")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(one_enumeration=99)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(one_money=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.filter(one_mony=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal.objects.order_by("one_mony")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Contracts.objects.filter(stage="C1:WON")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Contracts.objects.filter(one_money=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    _ = Deal(one_enumeration="Rad")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal(one_date="soon")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = Deal.objects.create(stage="C1:WONN")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
