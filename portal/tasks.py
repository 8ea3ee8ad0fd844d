"""Celery tasks of the portal itself. Each takes an operation's id at most."""

from __future__ import annotations

from portal import checkpoints, execution, operations, projects, secrets, verifying
from portal.celery import app
from portal.notices import outbox, sending


@app.task(name="portal.sweep")
def sweep() -> None:
    """Send again what was lost."""
    operations.sweep()


@app.task(name="portal.destroy_expired_credentials")
def destroy_expired_credentials() -> None:
    """Delete passwords whose time is over."""
    secrets.destroy_expired()


@app.task(name="portal.write_checkpoint")
def write_checkpoint() -> None:
    """Sign the end of the audit chain, outside the database."""
    checkpoints.write()


@app.task(name="portal.check_project")
def check_project(operation_id: str) -> None:
    """Look a project up and see what is missing."""
    execution.execute(operation_id, projects.apply_check, projects.check_failed)


@app.task(name="portal.send_notices")
def send_notices() -> None:
    """Wake a worker for each notice that is due."""
    outbox.sweep()


@app.task(name="portal.send_notice")
def send_notice(delivery_id: str) -> None:
    """Send one notice to one receiver."""
    sending.send(delivery_id)


@app.task(name="portal.verify_audit")
def verify_audit(operation_id: str) -> None:
    """Walk along the audit chain."""
    execution.execute(operation_id, verifying.apply_verification, verifying.verification_failed)
