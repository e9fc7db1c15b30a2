"""Writes Python: names, layout, annotations and typed lookups of model modules."""
