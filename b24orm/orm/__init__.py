"""What users hold: models and QuerySets, with Django's names."""

from b24orm.orm.linked import BoundRows, OwnedRows, RelatedRows
from b24orm.orm.loads import Prefetch
from b24orm.orm.model import Model
from b24orm.orm.projection import NamedRow, Picked
from b24orm.orm.queryset import QuerySet
from b24orm.orm.rowset import Rows
from b24orm.orm.valueset import ValuesSet
from b24orm.query.nodes import Q

__all__ = [
    "BoundRows",
    "Model",
    "NamedRow",
    "OwnedRows",
    "Picked",
    "Prefetch",
    "Q",
    "QuerySet",
    "RelatedRows",
    "Rows",
    "ValuesSet",
]
