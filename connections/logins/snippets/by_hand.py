"""By hand: a token as the password, asked for and used in one line.

Sources: "Log in using IAM database authentication" (Cloud SQL, manual), "Connect using an IAM account"
(AlloyDB, which prints --scopes with a typographic dash that no program understands: here are two hyphens).
"""

from __future__ import annotations

from connections.equivalents import shell
from connections.logins.snippets.base import ADC, Login, Network, Step, Way, conninfo

SCOPE = "https://www.googleapis.com/auth/"
NARROW = f"{SCOPE}alloydb.login"
_WIDE = ",".join([NARROW, f"{SCOPE}cloud-platform", f"{SCOPE}userinfo.email", "openid"])
TOKENINFO_URL = "https://www.googleapis.com/oauth2/v1/tokeninfo"
ONE_LINE = {
    "psql": (
        "All in one line, and never pasted at the prompt: psql cuts a typed password at 100 characters, "
        "and a token is longer. In the line above it is neither on the screen nor in the shell's history."
    ),
    "mysql": (
        "All in one line, and never pasted: in the line above the token is neither on the screen nor in the "
        "shell's history. The cleartext plugin sends it as it is, so TLS is required."
    ),
}
CONNECTORS_ONLY = (
    "This instance lets in only clients that bring a certificate (ssl_mode is "
    "TRUSTED_CLIENT_CERTIFICATE_REQUIRED), and a token by hand has none. Take the Auth Proxy or a connector: "
    "they fetch the certificate and log in by themselves."
)
ALLOYDB_CONNECTORS_ONLY = (
    "This instance takes only the Auth Proxy and the language connectors (it requires connectors), which "
    "bring a client's certificate. A token by hand has none."
)


def way(login: Login) -> Way:
    """The token as the password."""
    steps = [_authorize(login), _log_in(login)]
    if login.is_alloydb:
        steps += _narrowed(login)
    steps.append(_look(login))
    unsuitable = ALLOYDB_CONNECTORS_ONLY if login.is_alloydb else CONNECTORS_ONLY
    return Way(
        name="by-hand",
        title="By hand",
        about="An OAuth token is the password. It lasts one hour: treat it like one, and keep it nowhere.",
        steps=tuple(steps),
        unsuitable=unsuitable if login.certificates_only else "",
    )


def _authorize(login: Login) -> Step:
    if not login.is_service_account:
        return Step("Authorize gcloud", "gcloud auth login", note=f"Sign in as {login.email}.")
    activate = shell.command(
        "gcloud auth activate-service-account", shell.quote(login.email), "--key-file=KEY_FILE"
    )
    note = (
        "With the account's key. Without one, leave this step out: the next one impersonates the account, "
        "which needs Service Account Token Creator on it."
    )
    return Step("Authorize gcloud", activate, note=note)


def _token(login: Login) -> str:
    words = ["gcloud auth print-access-token" if login.is_alloydb else "gcloud sql generate-login-token"]
    if login.is_service_account:
        words.append(shell.flag("impersonate-service-account", login.email))
    return " ".join(words)


def _log_in(login: Login) -> Step:
    network = {
        Network.PUBLIC: "This machine's address must be among the instance's authorized networks.",
        Network.PRIVATE: "Run it inside the instance's VPC network.",
        Network.PSC: "Run it where the Private Service Connect endpoint is.",
    }[login.network]
    note = f"{ONE_LINE['mysql' if login.is_mysql else 'psql']} {network}"
    if login.is_mysql:
        client = shell.command(
            f"MYSQL_PWD=$({_token(login)}) mysql",
            "--enable-cleartext-plugin --ssl-mode=REQUIRED",
            shell.flag("host", login.address),
            shell.flag("user", login.user),
            shell.flag("database", login.database),
        )
        return Step("Ask for a token and log in", client, note=note)
    return Step("Ask for a token and log in", _psql(login, _token(login)), note=note)


def _psql(login: Login, token: str) -> str:
    host = "host" if login.network is Network.PSC or login.is_alloydb else "hostaddr"
    where = conninfo(
        **{"sslmode": "require", host: login.address, "user": login.user, "dbname": login.database}
    )
    return shell.command(f"PGPASSWORD=$({token}) psql", shell.quote(where), "--no-password")


def _narrowed(login: Login) -> list[Step]:
    words = [ADC, f"--scopes={_WIDE}"]
    narrow = f"gcloud auth application-default print-access-token --scopes={NARROW}"
    if login.is_service_account:
        words.append(shell.flag("impersonate-service-account", login.email))
    return [
        Step(
            "Safer: let the credentials make narrower tokens, once",
            shell.command(*words),
            note="Adds the alloydb.login scope to Application Default Credentials.",
        ),
        Step(
            "Safer: log in with a token that is good for nothing else",
            _psql(login, narrow),
            note="With the alloydb.login scope alone, a token that leaks opens no other API.",
        ),
    ]


def _look(login: Login) -> Step:
    token = f"""-d @<(printf 'access_token=%s' "$({_token(login)})")"""
    curl = shell.command("curl -sS", token, TOKENINFO_URL)
    return Step("If it fails: see whose token it is, and for what", curl)
