"""What belongs to tasks, through its models: journal, stages, templates and their checklists."""

from __future__ import annotations

import pytest

from b24orm import Portal
from b24orm.emulator import LocalPortal
from b24orm.models import Task, TaskHistoryRecord, TaskStage, TaskTemplate, TemplateChecklistItem


class Weekly(TemplateChecklistItem, template_id=1):
    """The checklist of the first template."""


@pytest.fixture(autouse=True)
def _connected(writer: Portal) -> None:
    """The default connection, to the shed."""


def test_the_journal_of_a_task_is_read(shed: LocalPortal) -> None:
    task = Task.objects.get(id=1)
    task.title = "Roof"
    task.save()
    entries = TaskHistoryRecord.objects.filter(task_id=1)

    assert [entry.field for entry in entries] == ["NEW", "TITLE"]


def test_entries_of_one_field_are_found(shed: LocalPortal) -> None:
    assert [entry.id for entry in TaskHistoryRecord.objects.filter(task_id=2, field="NEW")] == [2]


def test_a_stage_is_written(shed: LocalPortal) -> None:
    stage = TaskStage.objects.create(title="Later", entity_id=0)
    stage.title = "Some day"
    stage.save()

    first, *_ = TaskStage.objects.filter(entity_id=0)

    assert first.title == "Some day"


def test_a_stage_is_removed(shed: LocalPortal) -> None:
    TaskStage.objects.create(title="Later", entity_id=0).delete()

    assert shed.store.count("task_stage", "TITLE = 'Later'") == 0


def test_a_template_of_a_task_is_written(shed: LocalPortal) -> None:
    made = TaskTemplate(title="Report", responsible_id=2, created_by=1)
    made.save()
    made.title = "Weekly report"
    made.save()
    made.refresh_from_db()

    assert (made.title, made.responsible_name) == ("Weekly report", "Carl")


def test_a_checklist_of_a_template_is_written(shed: LocalPortal) -> None:
    TaskTemplate(title="Report", responsible_id=2, created_by=1).save()
    item = Weekly.objects.create(title="Ask", parent_id=0)
    item.title = "Ask twice"
    item.save()

    assert [(row.title, row.parent_id) for row in Weekly.objects.all()] == [("Ask twice", 0)]
