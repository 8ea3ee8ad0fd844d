"""Other kinds in the dialog: the type is changed, names are picked, what is left to do is shown."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Request, expect

from tests.browser.inspecting import look
from tests.browser.pages import PROJECT, ExternalDataSource, OperationPage, address

CANARY = "canary-Zeisig-43"


def change_type(dialog: ExternalDataSource, label: str, slug: str) -> None:
    """Choose another connection type and wait for its fields."""
    dialog.field("Connection type").select_option(label=label)
    expect(dialog.page.locator(f'#external-source[action="/add-data/{slug}/"]')).to_be_visible()


def test_another_type_takes_over_what_was_typed_and_never_the_password(admin: Page) -> None:
    sent: list[str] = []
    dialog = ExternalDataSource.opened(admin)
    dialog.field("Connection ID").fill("half_typed")
    dialog.choose("Data location", "us-central1")
    dialog.field("Description").fill("two\nlines")
    dialog.field("Database name").fill("orders")
    dialog.field("Database password").fill(CANARY)
    dialog.field("Grant the service agent AlloyDB Client").uncheck()

    def note(request: Request) -> None:
        sent.append(request.post_data or "")

    admin.on("request", note)
    for label, slug in (
        ("Cloud SQL for MySQL", "cloud_sql_mysql"),
        ("BigLake on AWS (via BigQuery Omni)", "aws"),
        ("Apache Spark", "spark"),
        ("AlloyDB", "alloydb"),
    ):
        change_type(dialog, label, slug)
        expect(dialog.field("Connection type")).to_be_focused()
        expect(dialog.field("Connection ID")).to_have_value("half_typed")
        expect(dialog.field("Description")).to_have_value("two\nlines")
        look(admin)
    expect(dialog.field("Data location")).to_have_value("us-central1")
    expect(dialog.field("Grant the service agent AlloyDB Client")).not_to_be_checked()
    expect(dialog.field("Database password")).to_have_value("")
    assert len(sent) >= 4
    assert not any(CANARY in body for body in sent)

    admin.keyboard.press("Escape")
    expect(admin.get_by_text("What you typed is not saved.")).to_be_visible()
    admin.get_by_role("button", name="Discard").click()
    expect(dialog.root).to_be_hidden()


def test_a_cloud_sql_database_is_picked_below_its_instance(admin: Page) -> None:
    dialog = ExternalDataSource.opened(admin)
    change_type(dialog, "Cloud SQL for PostgreSQL", "cloud_sql_postgresql")
    databases = admin.locator("#picker-database")
    expect(databases).to_contain_text("Databases are listed when the instance is chosen")
    dialog.instances.get_by_role("button", name="crm").click()
    expect(dialog.field("Cloud SQL connection name")).to_have_value(f"{PROJECT}:us-central1:crm")
    databases.get_by_role("button", name="crm").click()
    expect(dialog.field("Database name")).to_have_value("crm")
    look(admin, everywhere=True)


def test_a_connection_to_aws_ends_with_the_trust_policy(admin: Page, new_id: str) -> None:
    admin.goto("/add-data/aws/")
    dialog = ExternalDataSource(admin)
    dialog.field("Connection ID").fill(new_id)
    dialog.field("Region").select_option("aws-us-east-1")
    dialog.field("AWS role id").fill("arn:aws:iam::999999999999:role/omni")
    dialog.create.click()
    OperationPage(admin).reached()
    expect(admin.get_by_role("link", name="Go to connection")).to_be_visible()
    admin.goto(address(new_id, "aws-us-east-1"))
    expect(admin.get_by_role("heading", name="Let the AWS role trust this connection")).to_be_visible()
    policy = admin.locator("pre", has_text="sts:AssumeRoleWithWebIdentity")
    expect(policy).to_contain_text(re.compile(r'"accounts.google.com:sub": "\d{21}"'))
    look(admin, everywhere=True)
