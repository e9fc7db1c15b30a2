"""Editors offer the lookups, fields and orders of a model, and show the types of its rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.typing.lsp import LanguageServer

ROOT = Path(__file__).parent.parent.parent
HEAD = "from b24orm import Q, connect\nfrom b24orm.models import Contact, Currency, Deal, Item, Task\n"
LINE = "from typing import NamedTuple\nclass Line(NamedTuple):\n    title: str | None\n"
PAIR = "from typing import TypedDict\nclass Pair(TypedDict):\n    title: str | None\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """A language server that sees the package."""
    folder = tmp_path_factory.mktemp("editor")
    (folder / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)]}), encoding="utf-8")
    with LanguageServer(folder) as running:
        running.completions(HEAD + "Deal.▮")  # loads what everything else needs
        yield running


OFFERED = [
    ("Deal.objects.filter(▮)", ["stage=", "stage__in=", "opportunity__gte=", "closedate__range="]),
    ("Deal.objects.filter(oppo▮)", ["opportunity=", "opportunity__gte=", "opportunity__isnull="]),
    ("Deal.objects.exclude(st▮)", ["stage=", "stage_id=", "stage__ne="]),
    ("Deal.objects.get(i▮)", ["id="]),
    ("Deal.objects.filter(stage='WON').order_by('id').exclude(ti▮)", ["title=", "title__contains="]),
    ("Contact.objects.filter(p▮)", ["phone__startswith=", "post="]),
    ("Item.objects.filter(e▮)", ["entity_type_id="]),
    ("Task.objects.filter(r▮)", ["responsible_id="]),
    ('Deal.objects.order_by("▮")', ['"-opportunity"', '"opportunity"', '"-date_create"']),
    ('Deal.objects.only("▮")', ['"title"', '"opportunity"']),
    ('Deal.objects.values_list("▮")', ['"title"', '"opportunity"']),
    ('Deal.objects.filter(stage_semantic_id="▮")', ['"S"', '"P"', '"F"']),
    ("Deal.objects.filter(Q(stage='WON') | Q(stage='NEW'), oppo▮)", ["opportunity__gte=", "opportunity="]),
    ("Deal.q(oppo▮)", ["opportunity=", "opportunity__gte="]),
    ("Deal.q(stage_semantic_id='▮')", ["'S'", "'P'", "'F'"]),
    ("Deal.objects.filter(Deal.q(st▮))", ["stage=", "stage__in="]),
    (f"{LINE}Deal.objects.values_list(Line)[0].t▮", ["title"]),
    (f"{LINE}for line in Deal.objects.values_list(Line):\n    line.t▮", ["title"]),
    (f"{PAIR}Deal.objects.values(Pair)[0]['▮']", ["'title'"]),
    ("Currency.objects.in_bulk(['EUR'])['EUR'].f▮", ["full_name"]),
    ("(Q(stage='WON') | ~Q(stage='NEW')).▮", ["connector", "children", "negated"]),
    ('Deal.objects.select_related("▮")', ['"company"', '"assigned_by"', '"company__assigned_by"']),
    ('Deal.objects.prefetch_related("▮")', ['"contacts"', '"product_rows"', '"contacts__company"']),
    ('Deal.objects.values_list("▮", flat=True)', ['"title"', '"opportunity"']),
    ('Deal.objects.exclude(stage_semantic_id="▮")', ['"S"', '"P"', '"F"']),
    ("Deal.objects.create(o▮)", ["opportunity=", "opened="]),
    ("Deal.objects.filter(id=5).update(st▮)", ["stage="]),
    ("Deal(t▮)", ["title="]),
    ("connect().▮", ["crm", "tasks", "user", "call", "get_all"]),
    ("connect().crm.deal.▮", ["add", "get", "list", "productrows", "fields"]),
    ("connect().crm.deal.productrows.▮", ["get", "set"]),
    ("connect().crm.item.get(▮)", ["entityTypeId=", "id="]),
    ("Deal.objects.get(id=1).contacts.▮", ["add", "set", "all"]),
    ("Deal.objects.get(id=1).opp▮", ["opportunity"]),
    ("for deal in Deal.objects.all():\n    deal.sta▮", ["stage", "stage_id"]),
    ("Deal.objects.▮", ["filter", "exclude", "count", "acount", "in_bulk", "explain", "prefetch_related"]),
    ("connect(▮)", ["plan=", "timeout=", "progress="]),
    ("from b24orm.models import Smart▮", ["SmartInvoice"]),
]


@pytest.mark.parametrize(("code", "wanted"), OFFERED, ids=[code for code, _ in OFFERED])
def test_an_editor_offers(server: LanguageServer, code: str, wanted: list[str]) -> None:
    offered = server.completions(HEAD + code)
    assert [label for label in wanted if label not in offered] == []


def test_lookups_come_before_everything_else(server: LanguageServer) -> None:
    offered = server.completions(HEAD + "Deal.objects.filter(▮)")
    assert [label[-1] for label in offered[:100]] == ["="] * 100


def test_what_does_not_fit_is_not_offered(server: LanguageServer) -> None:
    offered = server.completions(HEAD + "Deal.objects.filter(st▮)")
    assert {"stage__gte=", "stge=", "contact_ids="}.isdisjoint(offered)


def test_a_file_of_ten_models_is_checked_without_a_complaint(server: LanguageServer) -> None:
    assert server.problems((Path(__file__).parent / "ten_models.py").read_text(encoding="utf-8")) == []


def test_a_mistake_is_shown_where_it_is_typed(server: LanguageServer) -> None:
    (problem,) = server.problems(HEAD + "_ = Deal.objects.filter(stage_semantic_id='W')\n")
    assert "Literal['W']" in problem


HOVERED = [
    ("rows▮ = list(Deal.objects.values('id'))", "list[dict[str, Any]]"),
    ("op▮en = bool(Deal.objects.get(id=1).opened)", "bool"),
    ("Deal.objects.get(id=1).comp▮any", "Company | None"),
    ("Deal.objects.get(id=1).oppor▮tunity", "Decimal | None"),
    ("de▮al = Deal.objects.first()", "Deal | None"),
    ("dea▮ls = Deal.objects.filter(stage='WON')[:3]", "DealQuerySet"),
    ("num▮ber = Deal.objects.count()", "int"),
    ("De▮al", "crm.deal.list"),
    ("titles▮ = list(Deal.objects.values_list('title', flat=True))", "list[str | None]"),
    ("Deal.objects.fil▮ter(stage='WON')", "DealLookups"),
    ("either▮ = Q(stage='WON') | Q(stage='NEW')", "Q"),
    ("Q▮(stage='WON')", "class Q"),
    ("connect().crm.deal.productrows.se▮t(id=5, rows=[])", "crm.deal.productrows.set"),
    ("portal▮ = connect()", "Portal"),
    ("Deal.▮q(stage='WON')", "takes what ``filter`` takes"),
    ("Deal.objects.exc▮lude(stage='WON')", "not all conditions hold"),
    ("Deal.objects.cre▮ate(title='x')", "A new row with these values"),
    ("Deal.objects.values_l▮ist('id', 'title')", "as a NamedTuple"),
    ("De▮al(title='x')", "A Deal of these values, not saved yet."),
    ("Deal.objects.get(id=1).tit▮le", "str | None: ``TITLE``, string."),
    ("Deal.objects.get(id=1).stage_i▮d", "The Status itself is ``stage``."),
    ("Deal.objects.get(id=1).date_crea▮te", "Read only."),
    (f"{LINE}lines▮ = Deal.objects.values_list(Line)", "ValuesSet[Line, DealField, DealOrder]"),
    ("found▮ = Deal.objects.in_bulk([1])", "dict[int, Deal]"),
    (
        "connect().crm.deal.ge▮t(id=5)",
        "https://apidocs.bitrix24.com/api-reference/crm/deals/crm-deal-get.html",
    ),
]


@pytest.mark.parametrize(("code", "wanted"), HOVERED, ids=[code for code, _ in HOVERED])
def test_an_editor_shows(server: LanguageServer, code: str, wanted: str) -> None:
    assert wanted in server.hover(HEAD + code)
