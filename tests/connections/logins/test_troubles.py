"""Messages of refused logins, as they come: in English, in Japanese, wrapped and broken over lines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.logins import lending
from connections.logins.trouble_rules import RULES, Mend, Rule
from connections.logins.troubles import recognise

DOCUMENTED = [
    ("Request had invalid authentication credentials.", "invalid-token"),
    ("Caller does not have required permission to use project.", "permission-missing"),
    ("IAM principal does not match database user.", "principal-mismatch"),
    ("Request had insufficient scopes.", "insufficient-scopes"),
    ("アクセス トークンが無効です。", "invalid-token"),
    ("IAM プリンシパルに必要な IAM ロールまたは権限がありません。", "permission-missing"),
    (
        "アクセス トークンで指定された認証済み IAM プリンシパルが、"
        "接続するデータベース ユーザーと一致しません。",
        "principal-mismatch",
    ),
    (
        "アクセス トークンに alloydb.login スコープまたは cloud-platform スコープが含まれていません。",
        "insufficient-scopes",
    ),
    ('FATAL: Cloud SQL IAM user authentication failed for user "ana@example.com"', "cloud-sql-user-refused"),
    (
        'FATAL: Cloud SQL IAM service account authentication failed for user "sa@p.iam"',
        "cloud-sql-account-refused",
    ),
    (
        "ERROR 1045 (HY000): Automatic IAM authentication via the auth-proxy "
        "requires an IAM-authenticated user.",
        "mysql-not-iam",
    ),
    ("Metadata Exchange request has failed with error: something new", "metadata-exchange"),
]
OTHERS = [
    (
        "ValueError: Metadata Exchange request has failed with error: Request had insufficient scopes.",
        "insufficient-scopes",
    ),
    ('AlloyDB IAM user authentication failed for user "ana@example.com"', "alloydb-refused"),
    ("403 boss::NOT_AUTHORIZED: missing permission cloudsql.instances.connect", "client-role-missing"),
    ("Permission 'alloydb.instances.connect' denied on resource", "client-role-missing"),
    ("Possibly missing permission cloudsql.instances.get on resource", "client-role-missing"),
    ("Permission 'iam.serviceAccounts.getAccessToken' denied on resource", "impersonation-denied"),
    (lending.NOT_LENT, "certificate-not-lent"),
    ("IAM authentication is not enabled for the instance.", "flag-off"),
    ("ERROR: (gcloud) unrecognized arguments: \u2013-scopes=https://x", "typographic-dash"),
    ("Your default credentials were not found. To set up", "no-credentials"),
    ("AlloyDB API has not been used in project 1 before or it is disabled.", "api-off"),
    ("FATAL: connection requires a valid client certificate", "certificate-required"),
    ('FATAL: no pg_hba.conf entry for host "1.2.3.4", user "a", no encryption', "tls-required"),
    ('FATAL:  password authentication failed for user "ana@example.com"', "no-such-user"),
    ('FATAL:  ユーザー"ana@example.com"のパスワード認証に失敗しました', "no-such-user"),
    ("ERROR 1045 (28000): Access denied for user 'ana'@'%'", "no-such-user"),
    ('FATAL: database "x" does not exist', "database-missing"),
    ('FATAL:  データベース"x"は存在しません', "database-missing"),
    ("ERROR:  permission denied for table orders", "grant-missing"),
    ("ERROR:  テーブル orders へのアクセスが拒否されました", "grant-missing"),
    ("psql: error: connection to server at 10.0.0.1, port 5432 failed: Connection timed out", "unreachable"),
    ("接続がタイムアウトしました", "unreachable"),
]


@pytest.mark.parametrize(("message", "code"), DOCUMENTED + OTHERS)
def test_a_message_is_recognised_however_it_is_wrapped(message: str, code: str) -> None:
    for text in (
        message,
        f"2026-11-22 10:00:00 ALERT  {message}\n",
        message.replace(" ", "\n  "),
        f'{{"textPayload": "{message}"}}',
    ):
        found = recognise(text)
        assert found is not None, text
        assert found.code == code


def test_every_rule_has_a_message_that_it_explains() -> None:
    known = {recognise(message) for message, _ in DOCUMENTED + OTHERS}
    codes = {found.code for found in known if found}
    assert codes == {rule.code for rule in RULES}
    assert {found.mend for found in known if found} == set(Mend)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (
            "Caller does not have required permission to use project. Grant the caller the "
            "roles/serviceusage.serviceUsageConsumer role, or a custom role with the "
            "serviceusage.services.use permission, on project acme.",
            "roles/serviceusage.serviceUsageConsumer",
        ),
        ("Permission 'alloydb.instances.connect' denied", "alloydb.instances.connect"),
        ("Request had insufficient scopes.", ""),
    ],
)
def test_the_role_that_a_message_names(message: str, named: str) -> None:
    found = recognise(message)
    assert found is not None
    assert found.named == named


@pytest.mark.parametrize("message", ["", "   ", "\0", "everything is well", "こんにちは"])
def test_what_is_not_known(message: str) -> None:
    assert recognise(message) is None


@given(st.text(max_size=300))
def test_whatever_is_pasted(text: str) -> None:
    found = recognise(text)
    assert found is None or found.cause


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_nothing_pasted_keeps_a_process_busy(rule: Rule) -> None:
    """A repetition without an end, begun again at each word of 20,000 characters, takes a second."""
    assert not re.search(r"(?:\.|\\S|\[\^。\])[*+]", rule.pattern.pattern)
