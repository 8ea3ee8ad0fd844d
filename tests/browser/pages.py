"""The portal's pages as a person sees them: labels, buttons, what there is to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from playwright.sync_api import Locator, Page, expect

from tests.support.running_portal import PASSWORD

PROJECT = "acme-analytics"
DATABASE_PASSWORD = "orders-demo-password"
CLUSTER = f"//alloydb.googleapis.com/projects/{PROJECT}/locations/us-central1/clusters/orders"
INSTANCE = f"{CLUSTER}/instances/orders-primary"
SERVICE_AGENT = "service-528461093377@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
STEPS = (
    "Create the connection",
    "Wait for the service agent",
    "Grant the service agent AlloyDB Client",
    "Test with a query",
)


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Sign in on the sign-in page, and wait for what comes after it."""
    page.goto("/accounts/login/")
    page.get_by_label("Email", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("navigation", name="Main")).to_be_attached()


def address(connection_id: str, location: str = "us") -> str:
    """Return where a connection's page is."""
    return f"/connections/{PROJECT}/{location}/{connection_id}/"


def until_shown(page: Page, text: str) -> None:
    """Load the page again until it says so: what is done, workers do beside it."""
    for _ in range(60):
        if page.get_by_role("main").get_by_text(text).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    expect(page.get_by_role("main")).to_contain_text(text)


@dataclass(frozen=True)
class ExternalDataSource:
    """The "External data source" dialog, over a page or as a page of its own."""

    page: Page

    @classmethod
    def opened(cls, page: Page) -> Self:
        """Go the way of Google's document: Add data, search, the solution card."""
        page.goto("/add-data/")
        page.get_by_label("Search for data sources").fill("alloydb")
        expect(page).to_have_url(re.compile(r"\?q=alloydb"))
        page.get_by_role("link", name="AlloyDB: BigQuery Federation").click()
        dialog = cls(page)
        expect(dialog.root).to_be_visible()
        return dialog

    @property
    def root(self) -> Locator:
        """The dialog itself."""
        return self.page.get_by_role("dialog", name="External data source")

    def field(self, label: str) -> Locator:
        """The field with this label."""
        return self.page.get_by_label(re.compile(rf"^{re.escape(label)}( optional)?$"))

    def mistake(self, label: str) -> Locator:
        """What is said to be wrong with a field, beside it."""
        return self.page.locator(".field", has=self.field(label)).locator(".errorlist")

    @property
    def instances(self) -> Locator:
        """The instances of the project."""
        return self.page.locator("#picker-instance")

    @property
    def keys(self) -> Locator:
        """The keys of the project."""
        return self.page.locator("#picker-kms_key_name")

    @property
    def create(self) -> Locator:
        """The button that creates the connection."""
        return self.page.get_by_role("button", name="Create connection")

    def choose(self, label: str, value: str) -> None:
        """Choose in a list, and wait until the pick lists have followed."""
        if label != "Data location":
            self.field(label).select_option(value)
            return
        with self.page.expect_response(re.compile(r"/choices/\?field=instance")):
            self.field(label).select_option(value)

    def fill(
        self,
        connection_id: str,
        *,
        location: str = "us",
        instance: str = "orders-primary",
        password: str = DATABASE_PASSWORD,
        **others: str,
    ) -> Self:
        """Fill in what is required, and `others` by their labels with underscores; pick the instance."""
        self.field("Connection ID").fill(connection_id)
        self.choose("Data location", location)
        self.field("Database name").fill("orders")
        self.field("Database username").fill("bq_reader")
        self.field("Database password").fill(password)
        for label, value in others.items():
            self.field(label.replace("_", " ").capitalize()).fill(value)
        self.instances.get_by_role("button", name=instance).click()
        expect(self.field("AlloyDB Instance")).to_have_value(re.compile(f"/instances/{instance}$"))
        return self

    def submit(self) -> OperationPage:
        """Create the connection; return the operation's page."""
        self.create.click()
        return OperationPage(self.page).reached()


@dataclass(frozen=True)
class OperationPage:
    """An operation with its steps."""

    page: Page

    def reached(self) -> Self:
        """Wait until the browser shows it."""
        self.page.wait_for_url(re.compile(r"/operations/[0-9a-f-]{36}/$"))
        return self

    @property
    def chip(self) -> Locator:
        """How the operation stands."""
        return self.page.locator("#operation-chip")

    @property
    def go_to_connection(self) -> Locator:
        """The way to the connection, there at the end."""
        return self.page.get_by_role("link", name="Go to connection")

    def step(self, title: str) -> Locator:
        """One step."""
        return self.page.get_by_role("listitem").filter(has_text=re.compile(rf"^\s*\d?\s*{re.escape(title)}"))

    def succeeds(self) -> Self:
        """Wait for the good end, without reloading."""
        expect(self.chip).to_have_text("Succeeded")
        return self

    def to_connection(self) -> ConnectionPage:
        """Wait for the end and go on to the connection."""
        self.succeeds()
        self.go_to_connection.click()
        self.page.wait_for_url(re.compile("/connections/"))
        return ConnectionPage(self.page)


@dataclass(frozen=True)
class ConnectionPage:
    """A connection's page."""

    page: Page

    @property
    def info(self) -> Locator:
        """The Connection Info pane."""
        return self.page.get_by_role("region", name="Connection Info")

    @property
    def access(self) -> Locator:
        """Who has access."""
        return self.page.get_by_role("region", name="Who has access")

    @property
    def share_button(self) -> Locator:
        """What opens the share dialog."""
        return self.page.get_by_role("link", name="Share", exact=True)

    def fact(self, label: str) -> Locator:
        """One of the facts of the pane."""
        term = self.info.locator("dt").filter(has_text=re.compile(rf"^\s*{re.escape(label)}\s*$"))
        return term.locator("xpath=following-sibling::dd[1]")

    def grant(self, member: str) -> Locator:
        """The row of a principal."""
        return self.access.get_by_role("row").filter(has_text=member)

    def share(self) -> ShareDialog:
        """Open the share dialog."""
        self.share_button.click()
        dialog = ShareDialog(self.page)
        expect(dialog.root).to_be_visible()
        return dialog


@dataclass(frozen=True)
class ShareDialog:
    """The "Connection permissions" dialog."""

    page: Page

    @property
    def root(self) -> Locator:
        """The dialog itself."""
        return self.page.get_by_role("dialog", name="Connection permissions")

    def add(self, *principals: str, role: str = "BigQuery Connection User") -> Self:
        """Name principals to add."""
        self.root.get_by_label("New principals").fill("\n".join(principals))
        self.root.get_by_label("Role", exact=True).select_option(label=role)
        return self

    def change(self, member: str, role: str) -> Self:
        """Choose another role for somebody."""
        self.root.get_by_label(f"Role of user:{member}").select_option(label=role)
        return self

    def remove(self, member: str) -> Self:
        """Tick somebody's box."""
        self.root.get_by_label(f"Remove user:{member}").check()
        return self

    def save(self) -> OperationPage:
        """Save; return the operation's page."""
        self.root.get_by_role("button", name="Save").click()
        return OperationPage(self.page).reached()
