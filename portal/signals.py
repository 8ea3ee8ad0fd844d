"""Signals between the apps; receivers touch only the database."""

from django.dispatch import Signal

# Sent inside the transaction that ends a project's check, with `project`.
project_checked = Signal()

# Sent inside the transaction that appends events to the audit trail, with `events` in their order.
events_recorded = Signal()
