"""Google's own database connectors, unchanged, on their way to the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from google.auth import impersonated_credentials
from google.auth.credentials import Credentials
from google.cloud.alloydbconnector import Connector as AlloyDBConnector
from google.cloud.sql.connector import Connector as CloudSQLConnector

from emulator.client import Control
from emulator.estate import DEFAULT_CALLER, LOGIN_CHECKER
from tests.contract.emulator.traffic import PROJECT

INSTANCE = f"projects/{PROJECT}/locations/us-central1/clusters/orders/instances/orders-primary"
CRM = f"{PROJECT}:us-central1:crm"
CHECKER = LOGIN_CHECKER.removesuffix(".gserviceaccount.com")
SCOPE = "https://www.googleapis.com/auth/"


class Pasted(Credentials):
    """Credentials that are one token, which no refresh changes: as when somebody pastes theirs."""

    def __init__(self, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # google-auth
        self.token = token
        self.expiry = (datetime.now(UTC) + timedelta(hours=1)).replace(tzinfo=None)

    def refresh(self, _request: Any) -> None:
        """There is no other token to get."""


@dataclass
class Desk:
    """Somebody at a machine from which the stand-in's instances are reached."""

    url: str
    control: Control

    def impersonated(self, account: str = LOGIN_CHECKER) -> Any:
        """The portal's way: it impersonates a service account."""
        path = f"v1/projects/-/serviceAccounts/{account}:generateAccessToken"
        return impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]  # google-auth
            source_credentials=Pasted(f"emulator:{DEFAULT_CALLER}"),
            target_principal=account,
            target_scopes=[f"{SCOPE}cloud-platform"],
            iam_endpoint_override=f"{self.url}/iamcredentials/{path}",
        )

    @contextmanager
    def alloydb(
        self,
        user: str = CHECKER,
        *,
        credentials: Any = None,
        login: Any = None,
        driver: str = "pg8000",
        automatic: bool = True,
        **more: Any,
    ) -> Iterator[Any]:
        """A connection to AlloyDB; `login` are other credentials for the database than for the API."""
        connector = AlloyDBConnector(
            credentials=credentials or self.impersonated(),
            db_credentials=login,
            alloydb_api_endpoint=self.control.logins()["alloydb_api_endpoint"],
            enable_iam_auth=automatic,
            refresh_strategy="LAZY",
        )
        with connector, connector.connect(INSTANCE, driver, user=user, **{"db": "orders", **more}) as found:
            yield found

    @contextmanager
    def cloud_sql(
        self,
        user: str = CHECKER,
        *,
        credentials: Any = None,
        driver: str = "pg8000",
        automatic: bool = True,
        **more: Any,
    ) -> Iterator[Any]:
        """A connection to Cloud SQL."""
        connector = CloudSQLConnector(
            credentials=credentials or self.impersonated(),
            sqladmin_api_endpoint=f"{self.url}/sqladmin",
            enable_iam_auth=automatic,
            refresh_strategy="LAZY",
        )
        with connector, connector.connect(CRM, driver, user=user, **{"db": "crm", **more}) as found:
            yield found


def asked(connection: Any, statement: str = "SELECT current_user") -> Any:
    """The first value that a statement brings."""
    cursor = connection.cursor()
    cursor.execute(statement)
    return cursor.fetchone()[0]
