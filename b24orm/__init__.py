"""b24orm: the Bitrix24 REST API as typed models and lazy QuerySets."""

__version__ = "0.1.0"
