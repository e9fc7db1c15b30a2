"""Writes :mod:`b24orm.facts` and :mod:`b24orm.models` from the facts in ``codegen/metadata``."""
