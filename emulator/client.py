"""A client of the control API, for tests and scripts."""

import json
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit


class Control:
    """Orders to a running emulator. Raises ValueError when it refuses one."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc

    def send(
        self, verb: str, path: str, order: dict[str, Any] | None = None, *, timeout: float = 70.0
    ) -> Any:
        """One request below /_emulator/; returns the JSON of the answer."""
        connection = HTTPConnection(self._host, timeout=timeout)
        try:
            body = None if order is None else json.dumps(order)
            connection.request(verb, f"/_emulator/{path}", body=body)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise ValueError(answer.get("error"))
        return answer

    def wait_until_ready(self, seconds: float = 30.0) -> None:
        """Return as soon as the server answers. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self.send("GET", "health", timeout=1.0)
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise TimeoutError("the emulator does not answer")

    def reset(self) -> None:
        """Back to the estate as delivered; orders and the log of calls are gone."""
        self.send("POST", "reset")

    def latency(self, milliseconds: float, method: str = "*") -> None:
        """Delay every call of the method, or of all."""
        self.send("POST", "latency", {"ms": milliseconds, "method": method})

    def fault(self, method: str, **order: Any) -> None:
        """Order a fault; see `emulator.serving.faults.Fault` for the fields."""
        self.send("POST", "faults", {"method": method, **order})

    def clear_faults(self) -> None:
        """Take back all faults and stale reads that are not used up."""
        self.send("DELETE", "faults")

    def stale(self, method: str, times: int = 1) -> None:
        """Answer the next reads of the method from before the last write."""
        self.send("POST", "stale", {"method": method, "times": times})

    def release(self, method: str = "*") -> int:
        """Let hanging calls go on; returns how many."""
        return int(self.send("POST", "release", {"method": method})["released"])

    def hanging(self) -> int:
        """How many calls hang."""
        return int(self.send("GET", "health")["hanging"])

    def calls(self, method: str = "") -> list[dict[str, Any]]:
        """The log of calls, of one method or all."""
        return list(self.send("GET", f"calls?method={quote(method)}")["calls"])

    def counts(self) -> dict[str, int]:
        """How often each method was called."""
        return dict(self.send("GET", "calls")["counts"])

    def wait_for(self, method: str, count: int = 1, seconds: float = 30.0) -> None:
        """Wait until the method was called `count` times since the reset. Raises TimeoutError."""
        query = f"calls?wait_for={quote(method)}&count={count}&timeout={seconds}"
        if not self.send("GET", query)["arrived"]:
            raise TimeoutError(f"{method} was not called {count} times")

    def clear_calls(self) -> None:
        """Forget the log of calls."""
        self.send("DELETE", "calls")

    def outsider(self, resource: str, role: str, member: str, action: str = "add", **more: Any) -> None:
        """Somebody else edits a policy; `when="after_read"` waits for its next read, then edits."""
        order = {"resource": resource, "role": role, "member": member, "action": action, **more}
        self.send("POST", "outsider", order)

    def delete_connection(self, name: str) -> None:
        """Somebody else deletes a connection."""
        self.send("POST", "connections/delete", {"name": name})

    def edit_connection(self, name: str, **more: Any) -> None:
        """Somebody else changes a connection: `fields` to merge, `drop_credential`."""
        self.send("POST", "connections/edit", {"name": name, **more})

    def service(self, project: str, service: str, *, enabled: bool) -> None:
        """Switch an API on or off."""
        self.send("POST", "services", {"project": project, "service": service, "enabled": enabled})

    def service_account(self, email: str, *, exists: bool, delay: float = 0.0) -> None:
        """Make a service account or take it away."""
        self.send("POST", "service-accounts", {"email": email, "exists": exists, "delay": delay})

    def edit_instance(self, name: str, **fields: Any) -> None:
        """Merge fields into an AlloyDB or Cloud SQL instance; lists are replaced whole."""
        self.send("POST", "instances/edit", {"name": name, "fields": fields})

    def token(self, email: str, *scopes: str, lifetime: float = 3600) -> str:
        """A new token of a person or service account, for some scopes or for cloud-platform."""
        order: dict[str, Any] = {"email": email, "lifetime": lifetime}
        order |= {"scopes": list(scopes)} if scopes else {}
        return str(self.send("POST", "tokens", order)["token"])

    def custom_role(self, name: str, *permissions: str) -> None:
        """Define a custom role."""
        self.send("POST", "custom-roles", {"name": name, "permissions": list(permissions)})

    def add_project(self, project_id: str, number: str, **more: Any) -> None:
        """Add a project."""
        self.send("POST", "projects", {"id": project_id, "number": number, **more})

    def agent_delay(self, seconds: float) -> None:
        """How long a new service agent takes to exist, from now on."""
        self.send("POST", "agent-delay", {"seconds": seconds})

    def caller(self, email: str) -> None:
        """Who calls without a token."""
        self.send("POST", "caller", {"email": email})

    def logins(self) -> dict[str, Any]:
        """Where connectors log in: `alloydb_api_endpoint`, `roots` (a file), `addresses` by instance."""
        return dict(self.send("GET", "logins"))

    def state(self) -> dict[str, Any]:
        """All tables, secrets masked."""
        return dict(self.send("GET", "state"))
