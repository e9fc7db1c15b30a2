"""The tables of sites: pages, folders, blocks, and what applications bring for them."""

from __future__ import annotations

from typing import Final

from b24orm.emulator.table_specs import TableSpec
from b24orm.emulator.tables import Column, words

__all__ = ["LANDING_SPECS"]

_NUMBER: Final = (Column("ID", "int", "integer", hidden=True),)
_SHOWN: Final = {"ACTIVE": "N", "DELETED": "N"}

LANDING_SPECS: Final = (
    TableSpec(
        "landing_site",
        "Site",
        defaults={**_SHOWN, "TYPE": "PAGE", "DOMAIN_ID": 0, "TPL_ID": 0},
        omit=frozenset(words("DOMAIN_NAME PUBLIC_URL PREVIEW_PICTURE PHONE")),
    ),
    TableSpec(
        "landing_page",
        "Page",
        defaults={**_SHOWN, "SITEMAP": "N", "FOLDER": "N", "TPL_ID": 0},
        indexes=("SITE_ID",),
        omit=frozenset(words("DOMAIN_ID PUBLIC_URL PREVIEW IS_AREA BLOCK_ID MENU_CODE")),
    ),
    TableSpec("landing_folder", "SiteFolder", defaults=_SHOWN, indexes=("SITE_ID",)),
    TableSpec(
        "landing_block",
        "Block",
        extra=(Column("SORT", "int", hidden=True),),
        defaults={"ACTIVE": "Y"},
        indexes=("LID",),
        omit=frozenset(words("CSS JS META")),
    ),
    TableSpec("landing_repo", "RepoBlock", defaults={"ACTIVE": "Y"}, omit=frozenset({"RESET"})),
    TableSpec("landing_widget", "RepoWidget", defaults={"ACTIVE": "Y"}, omit=frozenset({"WIDGET_PARAMS"})),
    TableSpec("landing_demo", "DemoTemplate", defaults={"ACTIVE": "Y", "SHOW_IN_LIST": "Y", "TYPE": "PAGE"}),
    TableSpec("landing_template", "ViewTemplate", defaults={"ACTIVE": "Y", "SORT": 100, "AREA_COUNT": 0}),
    TableSpec("landing_role", "LandingRole"),
    TableSpec(
        "landing_syspage",
        "SpecialPage",
        extra=(*_NUMBER, Column("SITE_ID", "int", hidden=True)),
        omit=frozenset(words("TITLE DELETED ACTIVE")),
    ),
    TableSpec(
        "landing_binding",
        "SiteGroupBinding",
        extra=(*_NUMBER, Column("KIND", "string", hidden=True), Column("CODE", "string", hidden=True)),
        defaults={"ENTITY_TYPE": "S"},
        omit=frozenset(words("TITLE PUBLIC_URL BINDING_ID")),
    ),
)
"""What the tables of sites are made of."""
