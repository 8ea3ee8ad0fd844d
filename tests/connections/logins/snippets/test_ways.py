"""How to connect: what each way says for each product."""

from __future__ import annotations

import pytest

from connections.logins.products import Product
from connections.logins.snippets import Login, Network, ways
from tests.connections.logins.snippets.samples import ACCOUNT, INSTANCES, login, steps

EVERY = ["proxy", "python", "go", "jdbc", "r2dbc", "by-hand"]


def text(filled: Login, way: str) -> str:
    """All that a way has to copy, on one line a command."""
    (found,) = [item for item in ways(filled) if item.name == way]
    return "\n".join(step.code for step in found.steps).replace(" \\\n  ", " ")


@pytest.mark.parametrize("product", Product)
def test_every_way_is_there_and_filled_in(product: Product) -> None:
    filled = login(product)
    found = ways(filled)
    assert [way.name for way in found] == EVERY
    for way in found:
        everything = text(filled, way.name)
        assert filled.user in everything
        assert filled.database in everything
        assert way.title
        assert way.about
        assert not way.unsuitable
        if way.name not in ("by-hand",):
            assert INSTANCES[product] in everything


def test_the_proxies_take_the_port_and_the_network() -> None:
    assert "./alloydb-auth-proxy --auto-iam-authn --public-ip --port=6000 --lazy-refresh" in text(
        login(), "proxy"
    )
    private = login(network=Network.PRIVATE, lazy=False)
    assert "--auto-iam-authn --port=6000 projects/acme" in text(private, "proxy")
    cloud_sql = login(Product.POSTGRESQL, network=Network.PRIVATE)
    assert "./cloud-sql-proxy --auto-iam-authn --private-ip --port=6000" in text(cloud_sql, "proxy")
    for product in Product:
        assert "--psc" in text(login(product, network=Network.PSC), "proxy")
    assert "psql --host=127.0.0.1 --port=6000 --username=ana@example.com --dbname=orders" in text(
        cloud_sql, "proxy"
    )
    mysql = login(Product.MYSQL, user="ana")
    assert "mysql --host=127.0.0.1 --port=6000 --user=ana --database=orders" in text(mysql, "proxy")


def test_a_person_signs_in_and_an_account_is_impersonated() -> None:
    assert text(login(), "proxy").startswith("gcloud auth application-default login\n")
    account = login(email=ACCOUNT, user="loader@acme.iam")
    assert f"login --impersonate-service-account={ACCOUNT}" in text(account, "proxy")
    assert f"gcloud auth activate-service-account {ACCOUNT} --key-file=KEY_FILE" in text(account, "by-hand")
    assert f"gcloud auth print-access-token --impersonate-service-account={ACCOUNT})" in text(
        account, "by-hand"
    )


def test_by_hand_the_token_is_made_and_used_in_one_line() -> None:
    alloydb = text(login(), "by-hand")
    assert "PGPASSWORD=$(gcloud auth print-access-token) psql 'sslmode=require host=203.0.113.2" in alloydb
    assert "--scopes=https://www.googleapis.com/auth/alloydb.login) psql" in alloydb
    assert "\u2013" not in alloydb, "S2's typographic dash"
    cloud_sql = text(login(Product.POSTGRESQL), "by-hand")
    assert "PGPASSWORD=$(gcloud sql generate-login-token) psql 'sslmode=require hostaddr=203.0." in cloud_sql
    assert "alloydb.login" not in cloud_sql
    mysql = text(login(Product.MYSQL), "by-hand")
    assert "MYSQL_PWD=$(gcloud sql generate-login-token) mysql --enable-cleartext-plugin" in mysql
    for product in Product:
        notes = " ".join(step.note for way in ways(login(product)) for step in way.steps)
        assert "one line" in notes
        assert ("100 characters" in notes) != (product is Product.MYSQL)


def test_an_address_that_is_not_known() -> None:
    assert "hostaddr=INSTANCE_ADDRESS" in text(login(Product.POSTGRESQL, addresses={}), "by-hand")


@pytest.mark.parametrize("product", Product)
def test_by_hand_does_not_suit_an_instance_that_asks_for_certificates(product: Product) -> None:
    unsuitable = {way.name: way.unsuitable for way in ways(login(product, certificates_only=True))}
    assert [name for name, why in unsuitable.items() if why] == ["by-hand"]
    assert "certificate" in unsuitable["by-hand"]


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (Network.PUBLIC, ("WithPublicIP()", '"PUBLIC"', "IPTypes.PUBLIC")),
        (Network.PRIVATE, ("WithPrivateIP()", '"PRIVATE"', "IPTypes.PRIVATE")),
        (Network.PSC, ("WithPSC()", '"PSC"', "IPTypes.PSC")),
    ],
)
def test_the_connectors_use_the_network_that_was_chosen(network: Network, words: tuple[str, ...]) -> None:
    for product in Product:
        filled = login(product, network=network)
        for way, word in zip(("go", "jdbc", "python"), words, strict=True):
            assert word in text(filled, way)


@pytest.mark.parametrize("product", Product)
def test_certificates_are_fetched_lazily_where_asked(product: Product) -> None:
    for way, word in (("go", "WithLazyRefresh()"), ("jdbc", '"lazy"'), ("python", '"LAZY"')):
        assert word in text(login(product), way)
        assert word not in text(login(product, lazy=False), way)


def test_alloydb_has_no_connector_for_r2dbc() -> None:
    assert ".port(6000)" in text(login(), "r2dbc")
    assert "--auto-iam-authn" in text(login(), "r2dbc")
    assert "ENABLE_IAM_AUTH, true" in text(login(Product.POSTGRESQL), "r2dbc")


def test_languages() -> None:
    languages = {step.language for way in ways(login()) for step in way.steps}
    assert languages == {"shell", "go", "java", "python", "kotlin"}
    assert len(steps(login(), "python")) == 2
