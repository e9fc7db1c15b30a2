"""The tables of what applications bring for telephony, messages, mail and reports."""

from __future__ import annotations

from typing import Final

from b24orm.emulator.table_specs import TableSpec
from b24orm.emulator.tables import Column

__all__ = ["LINE_SPECS"]

_APP: Final = Column("APP_ID", "string", hidden=True, default="")
_NUMBER: Final = Column("ID", "int", "integer", hidden=True)

LINE_SPECS: Final = (
    TableSpec("biconnector_connector", "BiconnectorConnector", extra=(_APP,), defaults={"SORT": 100}),
    TableSpec("biconnector_dataset", "BiconnectorDataset", indexes=("SOURCE_ID",)),
    TableSpec("message_sender", "MessageSender", extra=(_NUMBER, _APP), defaults={"DESCRIPTION": ""}),
    TableSpec("bot_command", "BotCommand", indexes=("BOT_ID",)),
    TableSpec(
        "mail_service",
        "MailService",
        defaults={
            "SITE_ID": "s1",
            "ACTIVE": "Y",
            "SORT": 100,
            "UPLOAD_OUTGOING": "Y",
            "SMTP_LOGIN_AS_IMAP": "N",
            "SMTP_PASSWORD_AS_IMAP": "N",
        },
    ),
    TableSpec(
        "external_line",
        "ExternalLine",
        extra=(_NUMBER, _APP),
        defaults={"NAME": "", "CRM_AUTO_CREATE": "Y"},
    ),
    TableSpec(
        "sip_line",
        "SipLine",
        key="CONFIG_ID",
        extra=(_APP,),
        defaults={
            "TYPE": "cloud",
            "TITLE": "",
            "PASSWORD": "",
            "DETECT_LINE_NUMBER": "N",
            "LINE_DETECT_HEADER_ORDER": "diversion;to",
        },
    ),
)
"""What these tables are made of."""
