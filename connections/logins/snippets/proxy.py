"""Through the Cloud SQL Auth Proxy or the AlloyDB Auth Proxy, which logs in by itself.

Sources: "Log in using IAM database authentication" (Cloud SQL), "Connect using an IAM account" (AlloyDB), the
two proxies' references.
"""

from __future__ import annotations

from connections.equivalents import shell
from connections.logins.snippets.base import ADC, Login, Network, Step, Way, conninfo

LOCALHOST = "127.0.0.1"


def way(login: Login) -> Way:
    """The proxy on this machine, and a client that connects to it."""
    name = "AlloyDB Auth Proxy" if login.is_alloydb else "Cloud SQL Auth Proxy"
    return Way(
        name="proxy",
        title="Auth Proxy",
        about=f"The {name} runs beside the client, fetches tokens and certificates, and logs in with them.",
        steps=(
            authenticate(login),
            Step(
                f"Start the {name}",
                _start(login),
                note=login.identity_note("proxy"),
            ),
            Step(
                "Log in from another terminal", _client(login), note="No password: the proxy sends the token."
            ),
        ),
    )


def authenticate(login: Login) -> Step:
    """Application Default Credentials of whoever logs in."""
    words = [ADC]
    note = ""
    if login.is_service_account:
        words.append(shell.flag("impersonate-service-account", login.email))
        note = (
            "Needs Service Account Token Creator (roles/iam.serviceAccountTokenCreator) on the account. "
            "Leave it out where the machine itself is the account, or has its key."
        )
    return Step("Authenticate to Google Cloud", shell.command(*words), note=note)


def _start(login: Login) -> str:
    words = ["./alloydb-auth-proxy" if login.is_alloydb else "./cloud-sql-proxy", "--auto-iam-authn"]
    # AlloyDB's proxy takes the private address unless told otherwise, Cloud SQL's the public one.
    usual = Network.PRIVATE if login.is_alloydb else Network.PUBLIC
    if login.network is Network.PSC:
        words.append("--psc")
    elif login.network is not usual:
        words.append("--public-ip" if login.is_alloydb else "--private-ip")
    words.append(f"--port={login.port}")
    words += ["--lazy-refresh"] if login.lazy else []
    return shell.command(*words, shell.quote(login.instance))


def _client(login: Login) -> str:
    if login.is_mysql:
        place = [f"--host={LOCALHOST}", f"--port={login.port}", shell.flag("user", login.user)]
        return shell.command("mysql", *place, shell.flag("database", login.database))
    place = [f"--host={LOCALHOST}", f"--port={login.port}", shell.flag("username", login.user)]
    return shell.command("psql", *place, shell.flag("dbname", _dbname(login.database)))


def _dbname(database: str) -> str:
    """psql takes a name with an equals sign or a scheme for a whole connection string."""
    if "=" in database or database.startswith(("postgres://", "postgresql://")):
        return conninfo(dbname=database)
    return database
