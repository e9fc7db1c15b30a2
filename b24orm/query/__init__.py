"""WHAT is asked: frozen queries, their conditions and the table of lookups."""
