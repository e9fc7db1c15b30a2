"""The table of chats."""

from __future__ import annotations

from typing import Final

from b24orm.emulator.tables import Column, Table

__all__ = ["CHATS", "CHAT_TABLES"]

CHATS: Final = "im_chat"
"""The table of chats, those between two people among them."""

CHAT_TABLES: Final = (
    Table(
        CHATS,
        {
            column.name: column
            for column in (
                Column("ID", "int"),
                Column("TYPE", "string", default="C"),
                Column("NAME", "string", default=""),
                Column("DESCRIPTION", "string", default=""),
                Column("OWNER", "int", default=0),
                Column("COLOR", "string", default="#ab7761"),
                Column("AVATAR", "string", default=""),
                Column("ENTITY_TYPE", "string", default=""),
                Column("ENTITY_ID", "string", default=""),
                Column("DATE_CREATE", "datetime"),
                Column("USERS", "json"),
            )
        },
    ),
)
"""TYPE is C for a chat of some, O for one that is open to all, P for one between two people."""
