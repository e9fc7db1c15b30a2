"""The tables of the document generator; the CRM's documents and templates are among those of everybody."""

from __future__ import annotations

from typing import Final

from b24orm.emulator.table_specs import TableSpec
from b24orm.emulator.tables import Column, words

__all__ = ["DOCUMENT_SPECS"]

_WORKED_OUT: Final = words(
    "DOWNLOAD_URL PDF_URL IMAGE_URL DOWNLOAD_URL_MACHINE PDF_URL_MACHINE IMAGE_URL_MACHINE PRINT_URL "
    "PRINT_URL_MACHINE IS_TRANSFORMATION_ERROR TRANSFORMATION_ERROR_CODE TRANSFORMATION_ERROR_MESSAGE "
    "TRANSFORMATION_CANCEL_REASON PULL_TAG EMAIL_DISK_FILE PUBLIC_URL_VIEW PROVIDER"
)
_MODULE: Final = Column("MODULE_ID", "string", default="rest", hidden=True)

DOCUMENT_SPECS: Final = (
    TableSpec(
        "doc_template",
        "DocumentgeneratorDocumentTemplate",
        extra=(Column("ENTITY_TYPE_ID", "json", "array", hidden=True),),
        defaults={
            "ACTIVE": "Y",
            "WITH_STAMPS": "N",
            "IS_DELETED": "N",
            "IS_DEFAULT": "N",
            "SORT": 500,
            "PRODUCTS_TABLE_VARIANT": "",
            "BODY_TYPE": "Bitrix\\DocumentGenerator\\Body\\Docx",
            "MODULE_ID": "rest",
        },
        omit=frozenset(words("DOWNLOAD DOWNLOAD_MACHINE FILE")),
    ),
    TableSpec(
        "doc_document",
        "DocumentgeneratorDocument",
        extra=(
            _MODULE,
            Column("ENTITY_TYPE_ID", "int", hidden=True),
            Column("ENTITY_ID", "int", hidden=True),
        ),
        defaults={"STAMPS_ENABLED": "Y"},
        indexes=("TEMPLATE_ID",),
        omit=frozenset(_WORKED_OUT),
    ),
    TableSpec("doc_numerator", "Numerator", extra=(Column("LAST", "int", hidden=True, default=0),)),
    TableSpec("doc_region", "Region", omit=frozenset({"CODE"})),
    TableSpec("doc_role", "DocumentRole"),
)
"""What the tables of documents, their templates, numbers, countries and roles are made of."""
