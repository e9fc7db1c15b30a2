"""Every REST method of the portal."""

from __future__ import annotations

from b24orm.emulator.answers import Registry
from b24orm.emulator.app_things import AppThings
from b24orm.emulator.event_hub import EventHub
from b24orm.emulator.methods import (
    bizproc,
    bizproc_activities,
    bookings,
    bots,
    calendar,
    calendar_sections,
    call_lists,
    caller,
    chats,
    connectors,
    crm_addresses,
    crm_app_types,
    crm_bindings,
    crm_classic,
    crm_configurable,
    crm_directories,
    crm_goods,
    crm_invoices,
    crm_item,
    crm_links,
    crm_more,
    crm_order_entities,
    crm_parts,
    crm_payments,
    crm_preset_fields,
    crm_product_properties,
    crm_recurring,
    crm_solutions,
    crm_types,
    departments,
    directory,
    disk,
    disk_places,
    disk_versions,
    documents,
    duplicates,
    entity_items,
    entity_storages,
    enums,
    events,
    feed,
    fields,
    invoice_statuses,
    list_forms,
    list_sections,
    lists,
    pagers,
    pay_systems,
    people,
    placements,
    product_rows,
    robot_answers,
    rpa,
    shop_devices,
    shop_lists,
    stage_history,
    system,
    task_actions,
    task_flows,
    task_history,
    task_items,
    task_scrum,
    task_stages,
    task_templates,
    tasks,
    telephony,
    timeline,
    timeline_marks,
    timeline_notes,
    userfield_config,
    userfields,
    users,
    views,
    workgroups,
)
from b24orm.emulator.methods.system import PortalInfo
from b24orm.emulator.store import Store

__all__ = ["PortalInfo", "build_registry"]

_MODULES = (
    bizproc,
    bizproc_activities,
    bookings,
    calendar,
    calendar_sections,
    call_lists,
    chats,
    crm_addresses,
    crm_app_types,
    crm_bindings,
    crm_classic,
    crm_configurable,
    crm_directories,
    crm_goods,
    crm_invoices,
    crm_item,
    crm_links,
    crm_more,
    crm_order_entities,
    crm_parts,
    crm_payments,
    crm_preset_fields,
    crm_product_properties,
    crm_recurring,
    crm_solutions,
    crm_types,
    departments,
    directory,
    disk,
    disk_places,
    disk_versions,
    documents,
    duplicates,
    entity_items,
    entity_storages,
    enums,
    feed,
    fields,
    invoice_statuses,
    list_forms,
    list_sections,
    lists,
    pagers,
    pay_systems,
    people,
    product_rows,
    rpa,
    shop_devices,
    shop_lists,
    stage_history,
    task_actions,
    task_flows,
    task_history,
    task_items,
    task_scrum,
    task_stages,
    task_templates,
    tasks,
    telephony,
    timeline,
    timeline_marks,
    timeline_notes,
    userfield_config,
    userfields,
    users,
    views,
    workgroups,
)


def build_registry(
    store: Store,
    info: PortalInfo | None = None,
    hub: EventHub | None = None,
    things: AppThings | None = None,
) -> Registry:
    """The methods over a store, by lower-cased name.

    Args:
        store: the portal's data.
        info: what the portal says of itself; a portal with every scope when None.
        hub: who is told of changes; a new one when None.
        things: what applications have left in the portal; nothing when None.
    """
    registry: Registry = {}
    for module in _MODULES:
        registry |= module.methods(store)
    known, told, left = info or PortalInfo(), hub or EventHub(store), things or AppThings()
    registry |= events.methods(store, told, known.lacks)
    registry |= caller.methods(store, left) | placements.methods(left)
    registry |= bots.methods(left, told) | connectors.methods(left) | robot_answers.methods(left.runs)
    return registry | system.methods(store, known, registry, left)
