"""A caller whose whole traffic is held against the discovery documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import requests

from tests.contract import discovery

JSON = dict[str, Any]
PROJECT, NUMBER = "acme-analytics", "528461093377"
AGENT = f"service-{NUMBER}@gcp-sa-bigqueryconnection.iam.gserviceaccount.com"
CLUSTER = f"//alloydb.googleapis.com/projects/{PROJECT}/locations/us-central1/clusters/orders"
PRIMARY = f"{CLUSTER}/instances/orders-primary"
PARENT = f"bigqueryconnection/v1/projects/{PROJECT}/locations/us/connections"


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, its JSON read."""

    status: int
    body: JSON

    @property
    def message(self) -> str:
        """The sentence of an error."""
        return str(self.body["error"]["message"])

    @property
    def reason(self) -> str:
        """Google's status word of an error."""
        return str(self.body["error"]["status"])


@dataclass
class Google:
    """Google or its stand-in: how to reach an API, and whom the calls come from.

    `url` is the stand-in's address, or empty for Google itself.
    """

    url: str
    project: str = PROJECT
    session: requests.Session = field(default_factory=requests.Session)
    caller: str = ""

    def by(self, email: str) -> Google:
        """The same server, called by this person or service account."""
        return Google(self.url, self.project, self.session, email)

    def address(self, path: str) -> str:
        """The URL for `API/version/...`."""
        api, _, rest = path.partition("/")
        if self.url:
            return f"{self.url}/{path}"
        return f"https://{api}.googleapis.com/{path if api in ('bigquery', 'compute') else rest}"

    def send(
        self,
        verb: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        *,
        proper: bool = True,
    ) -> Reply:
        """One call. With `proper` false the request may be wrong; the answer never may."""
        url = self.address(path) + (f"?{urlencode(query, doseq=True)}" if query else "")
        headers = {"Authorization": f"Bearer emulator:{self.caller}"} if self.caller else {}
        data = None if body is None else json.dumps(body)
        response = self.session.request(verb, url, data=data, headers=headers, timeout=30)
        violations = _violations(verb, path, urlsplit(url).query, body if proper else None, response, proper)
        assert violations == [], violations
        return Reply(response.status_code, response.json())

    def get(self, path: str, **query: Any) -> Reply:
        """GET."""
        return self.send("GET", path, query=query)

    def post(self, path: str, body: Any, **query: Any) -> Reply:
        """POST."""
        return self.send("POST", path, body, query)

    def wrong(self, verb: str, path: str, body: Any = None, **query: Any) -> Reply:
        """A call that the discovery document does not allow."""
        return self.send(verb, path, body, query, proper=False)

    def create(self, connection_id: str, body: JSON, location: str = "us") -> Reply:
        """Make a connection."""
        path = f"bigqueryconnection/v1/projects/{self.project}/locations/{location}/connections"
        return self.send("POST", path, body, {"connectionId": connection_id})

    def patch(self, connection_id: str, body: JSON, mask: str) -> Reply:
        """Change a connection in `us`."""
        return self.send("PATCH", f"{PARENT}/{connection_id}", body, {"updateMask": mask})

    def policy(self, resource: str, version: int = 3) -> Reply:
        """getIamPolicy by POST, as connections and projects have it."""
        return self.post(f"{resource}:getIamPolicy", {"options": {"requestedPolicyVersion": version}})

    def set_policy(self, resource: str, policy: JSON) -> Reply:
        """setIamPolicy."""
        return self.post(f"{resource}:setIamPolicy", {"policy": policy})


def _violations(
    verb: str, path: str, query: str, body: Any, response: requests.Response, proper: bool
) -> list[str]:
    api, _, rest = path.partition("/")
    described = discovery.address(api, rest)
    if described is None:
        return []
    document, whole = described
    # tokeninfo is in the document as POST only
    method = document.find("POST" if api == "oauth2" else verb, unquote(whole))
    if method is None:
        return [f"no method for {verb} {path}"]
    found = method.request_violations(unquote(whole), parse_qs(query), body) if proper else []
    if response.status_code == 200:
        return found + method.response_violations(response.json())
    if api == "oauth2":
        return found + discovery.oauth_error_violations(response.json())
    return found + discovery.error_violations(response.json(), response.status_code)


def alloydb(
    resource: str = PRIMARY,
    password: str = "orders-demo-password",
    username: str = "bq_reader",
    database: str = "orders",
    **more: Any,
) -> JSON:
    """An AlloyDB connection's body."""
    login = {"username": username, "password": {"plaintext": password}}
    configuration = {
        "connectorId": "google-alloydb",
        "asset": {"database": database, "googleCloudResource": resource},
        "authentication": {"usernamePassword": login},
    }
    return {"configuration": configuration, **more}


def cloud_sql(instance: str = f"{PROJECT}:us-central1:shop", **more: Any) -> JSON:
    """A Cloud SQL connection's body."""
    block = {
        "instanceId": instance,
        "database": "shop",
        "type": "POSTGRES",
        "credential": {"username": "reader", "password": "shop-password"},
    }
    return {"cloudSql": block, **more}
