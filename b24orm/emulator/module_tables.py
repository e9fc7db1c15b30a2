"""The tables of the modules beside the CRM: parts of tasks, disk, lists, calendar, workflows, im ..."""

from __future__ import annotations

from typing import Final

from b24orm.emulator.chat_tables import CHAT_TABLES
from b24orm.emulator.directory_tables import DIRECTORY_TABLES
from b24orm.emulator.line_tables import LINE_SPECS
from b24orm.emulator.shop_tables import SHOP_SPECS
from b24orm.emulator.table_specs import TableSpec
from b24orm.emulator.tables import Column, Table, words

__all__ = ["BARE_TABLES", "MODULE_SPECS"]

_TASKS: Final = (
    TableSpec(
        "elapsed_time",
        "ElapsedTime",
        defaults={"SOURCE": 2, "MINUTES": 0, "SECONDS": 0, "USER_ID": 1},
        indexes=("TASK_ID",),
    ),
    TableSpec(
        "checklist_item",
        "ChecklistItem",
        defaults={"PARENT_ID": 0, "SORT_INDEX": 0, "IS_COMPLETE": "N", "IS_IMPORTANT": "N"},
        indexes=("TASK_ID",),
        omit=frozenset({"ATTACHMENTS"}),
    ),
    TableSpec(
        "task_comment",
        "TaskComment",
        extra=(Column("TASK_ID", "int", "integer", hidden=True),),
        indexes=("TASK_ID",),
        omit=frozenset(words("POST_MESSAGE_HTML ATTACHED_OBJECTS")),
    ),
    TableSpec("task_result", "TaskResult", defaults={"STATUS": 0}, indexes=("TASK_ID",)),
    TableSpec(
        "task_stage",
        "TaskStage",
        indexes=("ENTITY_ID",),
        omit=frozenset(words("ADDITIONAL_FILTER TO_UPDATE TO_UPDATE_ACCESS AFTER_ID")),
    ),
    TableSpec(
        "task_template",
        "TaskTemplate",
        defaults={
            **dict.fromkeys(words("REPLICATE ALLOW_CHANGE_DEADLINE ALLOW_TIME_TRACKING TASK_CONTROL"), "N"),
            **dict.fromkeys(words("ADD_IN_REPORT MULTITASK MATCH_WORK_TIME"), "N"),
            **dict.fromkeys(words("STAGE_ID GROUP_ID PARENT_ID TPARAM_TYPE TPARAM_REPLICATION_COUNT"), 0),
            **dict.fromkeys(words("ACCOMPLICES AUDITORS RESPONSIBLES REPLICATE_PARAMS"), "a:0:{}"),
            "BASE_TEMPLATE_ID": 0,
            "TEMPLATE_CHILDREN_COUNT": 0,
            "DESCRIPTION_IN_BBCODE": "Y",
            "PRIORITY": "1",
            "STATUS": "1",
            "SITE_ID": "s1",
            "SCENARIO": "default",
        },
        omit=frozenset(
            f"{role}_{name}"
            for role in ("CREATED_BY", "RESPONSIBLE")
            for name in words("NAME LAST_NAME SECOND_NAME LOGIN WORK_POSITION PHOTO")
        ),
    ),
    TableSpec(
        "template_check",
        "TemplateChecklistItem",
        defaults={"SORT_INDEX": 0, "IS_COMPLETE": "N", "IS_IMPORTANT": "N"},
        indexes=("TEMPLATE_ID",),
        omit=frozenset(words("ATTACHMENTS DISPLAY_SORT_INDEX")),
    ),
)
_SCRUM: Final = (
    TableSpec(
        "scrum_sprint",
        "Sprint",
        defaults={"ENTITY_TYPE": "sprint", "SORT": 0, "STATUS": "planned", "GOAL": ""},
        indexes=("GROUP_ID",),
    ),
    TableSpec("scrum_backlog", "Backlog", indexes=("GROUP_ID",)),
    TableSpec("scrum_epic", "Epic", defaults={"COLOR": "#69dafc", "DESCRIPTION": ""}, indexes=("GROUP_ID",)),
    TableSpec("scrum_stage", "KanbanStage", defaults={"TYPE": "WORK", "SORT": 100, "COLOR": "00C4FB"}),
    TableSpec(
        "scrum_task",
        "ScrumTask",
        key="TASK_ID",
        extra=(Column("TASK_ID", "int", hidden=True), Column("STAGE_ID", "int", hidden=True)),
        defaults={"STORY_POINTS": "", "EPIC_ID": 0, "SORT": 1},
    ),
    TableSpec(
        "task_flow",
        "Flow",
        defaults={
            "EFFICIENCY": 100,
            "GROUP_ID": 0,
            "TEMPLATE_ID": 0,
            "DESCRIPTION": "",
            "ACTIVE": "N",
            "DEMO": "N",
            "DISTRIBUTION_TYPE": "manually",
            "RESPONSIBLE_CAN_CHANGE_DEADLINE": "N",
            "MATCH_WORK_TIME": "Y",
            "TASK_CONTROL": "N",
            "NOTIFY_AT_HALF_TIME": "N",
            "TRIAL_FEATURE_ENABLED": "N",
        },
        extra=(Column("PINNED", "json", hidden=True),),
    ),
)
_DISK: Final = (
    TableSpec("disk_storage", "DiskStorage", defaults={"MODULE_ID": "disk", "ENTITY_TYPE": "user"}),
    TableSpec(
        "disk_object",
        "DiskFile",
        extra=(
            Column("REAL_OBJECT_ID", "int", "integer", hidden=True),
            Column("CONTENT_ID", "int", "integer", hidden=True),
        ),
        defaults={"TYPE": "file", "DELETED_TYPE": 0, "GLOBAL_CONTENT_VERSION": 1, "SIZE": 0},
        indexes=("PARENT_ID",),
        omit=frozenset(words("DOWNLOAD_URL DETAIL_URL")),
    ),
)
_DISK_PARTS: Final = (
    TableSpec(
        "disk_version",
        "DiskFileVersion",
        extra=(Column("CONTENT_ID", "int", "integer", hidden=True),),
        defaults={"GLOBAL_CONTENT_VERSION": 1, "SIZE": 0},
        indexes=("OBJECT_ID",),
        omit=frozenset({"DOWNLOAD_URL"}),
    ),
    TableSpec(
        "disk_attached",
        "DiskAttachedObject",
        defaults={"MODULE_ID": "tasks", "ENTITY_TYPE": "tasks_task"},
        omit=frozenset(words("DOWNLOAD_URL NAME SIZE")),
    ),
)
_LISTS: Final = (
    TableSpec(
        "iblock",
        "UniversalList",
        defaults={"ACTIVE": "Y", "SORT": 500, "IBLOCK_TYPE_ID": "lists", "LID": "s1", "BIZPROC": "N"},
    ),
    TableSpec(
        "list_element",
        "ListElement",
        extra=(Column("IBLOCK_ID", "int", "integer"),),
        defaults={"SORT": 500, "BP_PUBLISHED": "Y"},
        indexes=("IBLOCK_ID",),
        omit=frozenset({"CREATED_USER_NAME"}),
    ),
    TableSpec(
        "list_section",
        "ListSection",
        extra=(Column("IBLOCK_ID", "int", "integer", default=41),),
        defaults={
            "SORT": 500,
            "ACTIVE": "Y",
            "GLOBAL_ACTIVE": "Y",
            "DEPTH_LEVEL": 1,
            "DESCRIPTION_TYPE": "text",
        },
        indexes=("IBLOCK_ID",),
        omit=frozenset(words("SECTION_PROPERTY PICTURE DETAIL_PICTURE")),
    ),
)
_CALENDAR: Final = (
    TableSpec(
        "calendar_section",
        "CalendarSection",
        defaults={"CAL_TYPE": "user", "OWNER_ID": 1, "COLOR": "#9dcf00"},
        omit=frozenset(words("EXPORT ACCESS PERM IS_COLLAB")),
    ),
    TableSpec(
        "calendar_event",
        "CalendarEvent",
        defaults={
            "DELETED": "N",
            "CAL_TYPE": "user",
            "OWNER_ID": 1,
            "DT_SKIP_TIME": "N",
            "ACCESSIBILITY": "busy",
            "IMPORTANCE": "normal",
            "PRIVATE_EVENT": "N",
            "VERSION": 1,
            "MEETING_STATUS": "H",
        },
        indexes=("DATE_FROM",),
        omit=frozenset(
            words(
                "attendeesEntityList recurrence_mode ~DESCRIPTION ~RRULE_DESCRIPTION ~USER_OFFSET_FROM "
                "~USER_OFFSET_TO DATE_FROM_FORMATTED DATE_TO_FORMATTED DATE_FROM_TS_UTC DATE_TO_TS_UTC "
                "FROM_TS TO_TS AUTO_DETECT_SECTION RECURRENCE_MODE CURRENT_DATE_FROM ATTENDEE_LIST "
                "ATTENDEES_ENTITY_LIST SECTION_DAV_XML_ID SECT_ID IS_MEETING UF_WEBDAV_CAL_EVENT"
            )
        ),
    ),
)
_FLAGS: Final = dict.fromkeys(words("ACTIVE"), "Y")
_NUMBER: Final = (Column("ID", "int", "integer", hidden=True),)
"""The number of a row that its methods know nothing of."""

_BIZPROC: Final = (
    TableSpec(
        "workflow_template",
        "WorkflowTemplate",
        defaults={"AUTO_EXECUTE": 0, "IS_MODIFIED": "N"},
        omit=frozenset({"TEMPLATE_DATA"}),
    ),
    TableSpec("workflow", "WorkflowInstance"),
    TableSpec(
        "workflow_task",
        "BizprocTask",
        defaults={"STATUS": 0, "USER_STATUS": 0},
        indexes=("USER_ID", "WORKFLOW_ID"),
        omit=frozenset({"DOCUMENT_URL"}),
    ),
    TableSpec(
        "workflow_activity",
        "BizprocActivity",
        extra=(*_NUMBER, Column("APP_ID", "string", hidden=True), Column("IS_ROBOT", "char", hidden=True)),
        defaults={"USE_PLACEMENT": "N"},
    ),
)
_NOTICES: Final = {
    "CONFIRMATION_COUNTER_DELAY": 10800,
    "CONFIRMATION_NOTIFICATION_DELAY": 86400,
    "CONFIRMATION_NOTIFICATION_REPETITIONS_INTERVAL": 10800,
    "DELAYED_COUNTER_DELAY": 300,
    "DELAYED_NOTIFICATION_DELAY": 300,
    "REMINDER_NOTIFICATION_DELAY": -1,
    "IS_CONFIRMATION_NOTIFICATION_ON": "Y",
    "IS_DELAYED_NOTIFICATION_ON": "Y",
    "IS_FEEDBACK_NOTIFICATION_ON": "N",
    "IS_INFO_NOTIFICATION_ON": "Y",
    "IS_REMINDER_NOTIFICATION_ON": "Y",
    "TEMPLATE_TYPE_CONFIRMATION": "animate",
    "TEMPLATE_TYPE_DELAYED": "animate",
    "TEMPLATE_TYPE_FEEDBACK": "animate",
    "TEMPLATE_TYPE_INFO": "animate",
    "TEMPLATE_TYPE_REMINDER": "base",
}
"""How a resource tells those who book it, unless somebody changes that."""

_VISITORS: Final = (
    Column("CLIENTS", "json", hidden=True),
    Column("EXTERNAL_DATA", "json", hidden=True),
)
_BOOKING: Final = (
    TableSpec("booking", "Booking", extra=_VISITORS),
    TableSpec(
        "booking_resource",
        "BookingResource",
        extra=(Column("SLOTS", "json", hidden=True),),
        defaults={**_NOTICES, "IS_MAIN": "Y"},
    ),
    TableSpec("booking_resource_type", "BookingResourceType", defaults=_NOTICES),
    TableSpec("booking_waitlist", "WaitlistItem", extra=_VISITORS),
)
_OTHERS: Final = (
    TableSpec("call_statistic", "CallStatistic", defaults={"CALL_TYPE": "1", "CALL_FAILED_CODE": "200"}),
    TableSpec(
        "time_record",
        "TimeRecord",
        defaults={"IS_APPROVED": "Y", "BREAK_LENGTH": 0},
        indexes=("USER_ID",),
        omit=frozenset({"STATE"}),
    ),
    TableSpec(
        "workgroup",
        "Workgroup",
        defaults={
            "SITE_ID": "s1",
            "ACTIVE": "Y",
            "VISIBLE": "Y",
            "OPENED": "N",
            "CLOSED": "N",
            "SUBJECT_ID": 1,
            "SUBJECT_NAME": "General",
            "PROJECT": "N",
            "OWNER_ID": 1,
            "NUMBER_OF_MEMBERS": 1,
        },
    ),
    TableSpec(
        "workgroup_member",
        "WorkgroupMember",
        extra=(*_NUMBER, Column("GROUP_ID", "int", "integer", hidden=True)),
        indexes=("GROUP_ID",),
    ),
    TableSpec("mailbox", "Mailbox"),
    TableSpec(
        "mail_message",
        "MailMessage",
        extra=(Column("FOLDER", "string", hidden=True, default="INBOX"),),
        defaults={"IS_SEEN": "N", "HAS_ATTACHMENTS": "N", "CC": ""},
        indexes=("MAILBOX_ID",),
    ),
    TableSpec("blog_post", "BlogPost"),
    TableSpec(
        "blog_comment",
        "BlogComment",
        extra=(Column("AUTHOR_ID", "int", hidden=True),),
        indexes=("POST_ID",),
        omit=frozenset(words("COMMENT_ID LOG_ID")),
    ),
    TableSpec("ai_engine", "AiEngine"),
    TableSpec(
        "entity_item", "EntityItem", extra=(Column("ENTITY", "string"),), defaults={**_FLAGS, "SORT": 500}
    ),
    TableSpec(
        "entity_storage",
        "EntityStorage",
        extra=(Column("APP_ID", "string", hidden=True),),
        omit=frozenset(words("ENTITY_NEW IBLOCK_TYPE_ID")),
    ),
    TableSpec(
        "entity_section",
        "EntitySection",
        extra=(Column("STORAGE_ID", "int", hidden=True),),
        defaults={**_FLAGS, "SORT": 500},
        indexes=("STORAGE_ID",),
        omit=frozenset({"ENTITY"}),
    ),
    TableSpec(
        "entity_property",
        "EntityItemProperty",
        extra=(*_NUMBER, Column("STORAGE_ID", "int", hidden=True)),
        defaults={"TYPE": "S", "SORT": 500},
        omit=frozenset({"PROPERTY_NEW"}),
    ),
    TableSpec("recent_item", "RecentItem"),
    TableSpec("im_message", "Message"),
    TableSpec(
        "im_notification",
        "Notification",
        extra=(Column("READER", "int", hidden=True),),
        defaults={"NOTIFY_TITLE": "", "NOTIFY_TAG": "", "NOTIFY_SUB_TAG": ""},
        omit=frozenset(words("USER_ID MESSAGE_OUT TAG SUB_TAG ATTACH CLIENT_ID NOTIFY_BUTTONS")),
    ),
    TableSpec("biconnector_source", "BiconnectorSource", defaults={**_FLAGS}),
    *LINE_SPECS,
    TableSpec("sign_personal_document", "SignPersonalDocument"),
    TableSpec("rpa_item", "RpaItem"),
    TableSpec("open_line", "OpenLine", defaults={**_FLAGS, "CRM": "Y", "QUEUE_TYPE": "evenly"}),
)
MODULE_SPECS: Final = (
    *_TASKS,
    *_SCRUM,
    *_DISK,
    *_DISK_PARTS,
    *_LISTS,
    *_CALENDAR,
    *SHOP_SPECS,
    *_BIZPROC,
    *_BOOKING,
    *_OTHERS,
)
"""What the tables of these modules are made of."""

BARE_TABLES: Final = (
    *CHAT_TABLES,
    *DIRECTORY_TABLES,
    Table(
        "task_history",
        {
            column.name: column
            for column in (
                Column("ID", "int"),
                Column("TASK_ID", "int"),
                Column("USER_ID", "int"),
                Column("CREATED_DATE", "datetime"),
                Column("FIELD", "string"),
                Column("FROM_VALUE", "string"),
                Column("TO_VALUE", "string"),
            )
        },
        indexes=("TASK_ID",),
    ),
    Table(
        "list_property",
        {
            column.name: column
            for column in (
                Column("ID", "int"),
                Column("IBLOCK_ID", "int"),
                Column("NAME", "string"),
                Column("CODE", "string", default=""),
                Column("TYPE", "string", default="S"),
                Column("MULTIPLE", "char", default="N"),
                Column("IS_REQUIRED", "char", default="N"),
                Column("SORT", "int", default=500),
                Column("DEFAULT_VALUE", "json"),
                Column("CHOICES", "json"),
            )
        },
    ),
    Table(
        "list_value",
        {
            column.name: column
            for column in (
                Column("ID", "int"),
                Column("ELEMENT_ID", "int"),
                Column("PROPERTY_ID", "int"),
                Column("VALUE", "string"),
            )
        },
        indexes=("ELEMENT_ID",),
    ),
)
"""Tables of no entity: what happened to tasks; the fields of lists, and their values, each with a number."""
