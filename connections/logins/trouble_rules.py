"""The messages of refused logins: how each is recognised, its cause and its remedy. Pure.

Sources: "Connect using an IAM account" (AlloyDB, troubleshooting: four messages, and its Japanese words for
them), "Log in using IAM database authentication" (Cloud SQL), the connectors' own messages, PostgreSQL's
message catalogues, and messages as people quote them in public issue trackers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Mend(StrEnum):
    """Where the button leads that mends it."""

    CONNECT = "connect"
    REQUEST = "request"
    CHECK = "check"
    INSTANCE = "instance"
    GRANT = "grant"


@dataclass(frozen=True, slots=True)
class Rule:
    """What `pattern` recognises. `mend` is what mends it."""

    code: str
    pattern: re.Pattern[str]
    cause: str
    fix: str
    mend: Mend


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


_PRINT = "gcloud auth print-access-token for AlloyDB, gcloud sql generate-login-token for Cloud SQL"
# The first that fits wins: the particular before the general. Japanese is matched without its spaces, which
# stand in some texts and not in others.
RULES = (
    Rule(
        "invalid-token",
        _words(
            r"Request had invalid authentication credentials",
            r"ACCESS_TOKEN_(?:EXPIRED|TYPE_UNSUPPORTED)",
            r"invalid_token",
            r"アクセストークンが無効",
            r"無効な認証(?:情報|資格)",
        ),
        "The access token is not valid: it is wrong, cut off, revoked, or older than its hour.",
        f"Get a new token ({_PRINT}) and use it in the same line; never paste it at psql's prompt, which cuts"
        " what is typed at 100 characters. The Auth Proxy and the connectors renew tokens by themselves.",
        Mend.CONNECT,
    ),
    Rule(
        "insufficient-scopes",
        _words(
            r"Request had insufficient (?:authentication )?scopes",
            r"ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            r"スコープ(?:または[^。]{0,400}スコープ)?が含まれていません",
            r"スコープが(?:不足|不十分)",
        ),
        "The token is not good for logging in: AlloyDB wants the scope alloydb.login or cloud-platform, Cloud"
        " SQL sqlservice.login.",
        f"Get a token with the scope ({_PRINT}). For a narrower one, add alloydb.login to Application Default"
        " Credentials first.",
        Mend.CONNECT,
    ),
    Rule(
        "principal-mismatch",
        _words(
            r"IAM principal does not match database user",
            r"プリンシパルが[^。]{0,400}データベースユーザーと一致しません",
        ),
        "The token is another account's: whoever it stands for is not the database user who logs in.",
        "Log in as the database user of the token's own account: a person is the whole address, a service"
        " account its address without .gserviceaccount.com. Check my login tells whose the token is.",
        Mend.CHECK,
    ),
    Rule(
        "client-role-missing",
        _words(
            r"alloydb\.instances\.(?:connect|get)",
            r"cloudsql\.instances\.(?:connect|get)",
            r"alloydb\.clusters\.generateClientCertificate",
        ),
        "The account may not reach the instance through the Auth Proxy or a connector.",
        "It needs AlloyDB Client (roles/alloydb.client), or Cloud SQL Client (roles/cloudsql.client), on the"
        " project. A database login that is granted here brings it.",
        Mend.REQUEST,
    ),
    Rule(
        "certificate-not-lent",
        _words(r"the portal lends its account for the certificate only"),
        "The check was given a token that is good for logging in only, by somebody without a login here.",
        "Request a database login, or give the check a token that has the scope cloud-platform too.",
        Mend.REQUEST,
    ),
    Rule(
        "impersonation-denied",
        _words(r"iam\.serviceAccounts\.getAccessToken", r"serviceAccountTokenCreator"),
        "Whoever runs this may not make tokens of the service account.",
        "Grant Service Account Token Creator (roles/iam.serviceAccountTokenCreator) on the service account to"
        " whoever impersonates it.",
        Mend.CONNECT,
    ),
    Rule(
        "permission-missing",
        _words(
            r"Caller does not have required permission",
            r"必要なIAMロールまたは権限がありません",
            r"必要な権限がありません",
            r"alloydb\.users\.login",
            r"cloudsql\.instances\.login",
        ),
        "The account lacks an IAM role or permission on the instance's project; the whole message names it.",
        "AlloyDB asks for AlloyDB Database User and Service Usage Consumer, Cloud SQL for Cloud SQL Instance"
        " User. Request a database login: granting it brings all of them.",
        Mend.REQUEST,
    ),
    Rule(
        "mysql-not-iam",
        _words(r"Automatic IAM authentication via the auth-?proxy requires an IAM-authenticated user"),
        "The MySQL user was made with a password, and the proxy logs in with IAM.",
        "Log in as an IAM database user (the part of the address before @), or start the proxy without"
        " --auto-iam-authn for users with passwords.",
        Mend.REQUEST,
    ),
    Rule(
        "flag-off",
        _words(
            r"IAM authentication is not enabled",
            r"(?:cloudsql|alloydb)[._]iam_authentication",
            r"IAM認証が(?:有効になっていません|無効)",
        ),
        "IAM authentication is switched off at the instance.",
        "Set the instance's flag to on: alloydb.iam_authentication, cloudsql.iam_authentication, or on MySQL"
        " cloudsql_iam_authentication. Cloud SQL for MySQL restarts for it.",
        Mend.INSTANCE,
    ),
    Rule(
        "cloud-sql-account-refused",
        _words(r"Cloud SQL IAM service account authentication failed"),
        "Cloud SQL refused the service account: the token is another account's, or Cloud SQL Instance User is"
        " missing.",
        "Log in as the account's address without .gserviceaccount.com, with its own token, and give it Cloud"
        " SQL Instance User (roles/cloudsql.instanceUser). Check my login tells which of them it is.",
        Mend.CHECK,
    ),
    Rule(
        "cloud-sql-user-refused",
        _words(r"Cloud SQL IAM user authentication failed"),
        "Cloud SQL refused the person: the token is another's, or Cloud SQL Instance User is missing.",
        "Log in as the whole address in lower case, with your own token, and have Cloud SQL Instance User"
        " (roles/cloudsql.instanceUser). Check my login tells which of them it is.",
        Mend.CHECK,
    ),
    Rule(
        "alloydb-refused",
        _words(r"AlloyDB IAM (?:user|service account) authentication failed"),
        "AlloyDB refused the login; its log says why in one of four sentences.",
        "Look at the instance's alerts below, or let Check my login find the reason.",
        Mend.CHECK,
    ),
    Rule(
        "typographic-dash",
        _words(r"unrecognized arguments?:\s*[\u2010-\u2015\u2212]", r"[\u2010-\u2015\u2212]-?scopes"),
        "The command has a typographic dash where two hyphens belong: Google's page has one.",
        "Type --scopes with two plain hyphens, or copy the command from How to connect.",
        Mend.CONNECT,
    ),
    Rule(
        "no-credentials",
        _words(
            r"default credentials were not found",
            r"Could not automatically determine credentials",
            r"could not find default credentials",
            r"Reauthentication (?:is needed|failed)",
            r"You do not currently have an active account selected",
        ),
        "There are no Google credentials on this machine, or they have ended.",
        "Sign in anew: gcloud auth application-default login for the Auth Proxy and the connectors, gcloud"
        " auth login for tokens by hand.",
        Mend.CONNECT,
    ),
    Rule(
        "api-off",
        _words(
            r"API has not been used in project", r"it is disabled\b.{0,400}enable it", r"SERVICE_DISABLED"
        ),
        "The API through which connectors find the instance is switched off in the project.",
        "Switch the AlloyDB API or the Cloud SQL Admin API on in the instance's project.",
        Mend.INSTANCE,
    ),
    Rule(
        "certificate-required",
        _words(
            r"TRUSTED_CLIENT_CERTIFICATE_REQUIRED",
            r"requires a valid client certificate",
            r"有効なクライアント証明書が必要",
        ),
        "The instance lets in only clients that bring a certificate, and a token by hand has none.",
        "Log in through the Auth Proxy or a connector: they fetch the certificate.",
        Mend.CONNECT,
    ),
    Rule(
        "tls-required",
        _words(
            r"no pg_hba\.conf entry.{0,400}(?:no encryption|SSL off)",
            r"pg_hba\.confに.{0,400}エントリがありません",
        ),
        "The client came without TLS, or from an address that the instance does not take.",
        "Connect with sslmode=require, from an address that is allowed, or through the Auth Proxy.",
        Mend.CONNECT,
    ),
    Rule(
        "no-such-user",
        _words(
            r"password authentication failed for user",
            r"role \\?\"[^\"]+\\?\" does not exist",
            r"Access denied for user '",
            r"パスワード認証に失敗しました",
            r"ロール\"[^\"]+\"は存在しません",
        ),
        "The instance has no IAM database user of this name, or the name is not written as it should be.",
        "Request a database login: granting it makes the user. A person is the whole address in lower case, a"
        " service account its address without .gserviceaccount.com; on MySQL both are the part before @.",
        Mend.REQUEST,
    ),
    Rule(
        "database-missing",
        _words(
            r"database \\?\"[^\"]+\\?\" does not exist",
            r"Unknown database '",
            r"データベース\"[^\"]+\"は存在しません",
        ),
        "The instance has no database of this name.",
        "Look the database's name up at the instance; names are case-sensitive.",
        Mend.CONNECT,
    ),
    Rule(
        "grant-missing",
        _words(
            r"permission denied for (?:table|relation|view|schema|sequence|database|function)",
            r"(?:SELECT|INSERT|UPDATE|DELETE) command denied to user",
            r"(?:テーブル|リレーション|スキーマ|データベース)\S{0,400}(?:への(?:アクセスが拒否|権限がありません)|に対する権限がありません)",
        ),
        "The login works; the database user may not read this. A new IAM user has no privileges at all.",
        "Have an administrator of the database run the GRANT from the instance's page, with the user quoted.",
        Mend.GRANT,
    ),
    Rule(
        "metadata-exchange",
        _words(r"Metadata Exchange request has failed"),
        "AlloyDB refused the connector before PostgreSQL was reached; the rest of the message says why.",
        "Paste the whole message. If it says no more, let Check my login find the reason.",
        Mend.CHECK,
    ),
    Rule(
        "unreachable",
        _words(
            r"could not connect to server",
            r"connection to server .{0,400} failed",
            r"Connection (?:timed out|refused|reset)",
            r"(?:i/o|dial tcp).{0,400}timeout",
            r"No route to host",
            r"server closed the connection unexpectedly",
            r"Can't connect to MySQL server",
            r"Lost connection to MySQL server",
            r"接続(?:が|は)(?:タイムアウト|拒否|切断)",
            r"サーバーに接続できません",
        ),
        "The instance cannot be reached from here.",
        "With a private address, connect from inside its VPC network; with a public one, let your address be"
        " authorized or use the Auth Proxy, and let port 3307 (Cloud SQL) or 5433 (AlloyDB) out.",
        Mend.CONNECT,
    ),
)
