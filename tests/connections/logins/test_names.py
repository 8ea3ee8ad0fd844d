"""Names of IAM database users, held to the rules of the documents for whatever address there is."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connections.logins.names import NoSuchUserError, collision, login_of, member_of
from connections.logins.products import RULES, Kind, Product, is_on, of_version, turn_on_command
from connections.logins.roles import ROLES, Way, login_role, needed

_LOCAL = st.text("abcdefghijklmnopqrstuvwxyz0123456789.+_'-", min_size=1, max_size=20)
_LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
PEOPLE = st.builds("user:{}@{}.example".format, _LOCAL, _LABEL)
GROUPS = st.builds("group:{}@{}.example".format, _LOCAL, _LABEL)
ACCOUNTS = st.one_of(
    st.builds("serviceAccount:{}@{}.iam.gserviceaccount.com".format, _LABEL, _LABEL),
    st.builds("serviceAccount:{}-compute@developer.gserviceaccount.com".format, st.integers(1, 10**12)),
)
MEMBERS = st.one_of(PEOPLE, GROUPS, ACCOUNTS)
PRODUCTS = st.sampled_from(Product)
ANA = "user:ana@example.com"


@pytest.mark.parametrize(
    ("principal", "product", "name", "sent", "type_"),
    [
        (
            "user:Kai@Altostrat.com",
            Product.ALLOYDB,
            "kai@altostrat.com",
            "kai@altostrat.com",
            "ALLOYDB_IAM_USER",
        ),
        (ANA, Product.POSTGRESQL, "ana@example.com", "ana@example.com", "CLOUD_IAM_USER"),
        (ANA, Product.MYSQL, "ana", "ana@example.com", "CLOUD_IAM_USER"),
        (
            "serviceAccount:my-service@my-project.iam.gserviceaccount.com",
            Product.ALLOYDB,
            "my-service@my-project.iam",
            "my-service@my-project.iam",
            "ALLOYDB_IAM_USER",
        ),
        (
            "serviceAccount:sa@p.iam.gserviceaccount.com",
            Product.POSTGRESQL,
            "sa@p.iam",
            "sa@p.iam",
            "CLOUD_IAM_SERVICE_ACCOUNT",
        ),
        (
            "serviceAccount:sa@p.iam.gserviceaccount.com",
            Product.MYSQL,
            "sa",
            "sa@p.iam.gserviceaccount.com",
            "CLOUD_IAM_SERVICE_ACCOUNT",
        ),
        ("group:dba@example.com", Product.ALLOYDB, "dba@example.com", "dba@example.com", "ALLOYDB_IAM_GROUP"),
        (
            "group:dba@example.com",
            Product.POSTGRESQL,
            "dba@example.com",
            "dba@example.com",
            "CLOUD_IAM_GROUP",
        ),
    ],
)
def test_the_names_of_the_documents(
    principal: str, product: Product, name: str, sent: str, type_: str
) -> None:
    login = login_of(principal, product)
    assert (login.name, login.sent, login.type) == (name, sent, type_)


@given(MEMBERS, PRODUCTS)
def test_a_name_leads_back_to_its_member(principal: str, product: Product) -> None:
    """What an instance lists is known as whose it is; on MySQL by the address that stands beside the name."""
    assume(len(principal) < 60)
    try:
        login = login_of(principal, product)
    except NoSuchUserError:
        assume(False)
    email = principal.partition(":")[2] if RULES[product].mysql else ""
    assert member_of(login.name, login.type, product, email) == principal


@given(MEMBERS, PRODUCTS)
def test_names_are_of_the_form_of_their_product(principal: str, product: Product) -> None:
    try:
        login = login_of(principal, product)
    except NoSuchUserError:
        assume(False)
    assert login.name == login.name.lower()
    assert not login.name.endswith(".gserviceaccount.com")
    assert ("@" in login.name) != RULES[product].mysql
    assert len(login.name) <= RULES[product].longest
    assert login.type == RULES[product].types[login.kind]


@given(PEOPLE, PEOPLE)
def test_two_people_are_two_users_except_on_mysql(one: str, other: str) -> None:
    """There, two with the same part before the @ have one name, and only one of them can have it."""
    assume(one != other)
    assert login_of(one, Product.ALLOYDB).name != login_of(other, Product.ALLOYDB).name
    same_local = one.partition("@")[0] == other.partition("@")[0]
    first, second = login_of(one, Product.MYSQL), login_of(other, Product.MYSQL)
    assert (first.name == second.name) == same_local


@given(PEOPLE)
def test_the_case_of_an_address_makes_no_other_user(principal: str) -> None:
    kind, _, address = principal.partition(":")
    assert login_of(f"{kind}:{address.upper()}", Product.POSTGRESQL).name == address


@pytest.mark.parametrize(
    "principal",
    [
        "domain:example.com",
        "principal://iam.googleapis.com/projects/1/x",
        "allUsers",
        "deleted:user:ana@example.com",
        "user:ana",
        "user:@example.com",
        "user:a/b@example.com",
        "",
    ],
)
@pytest.mark.parametrize("product", Product)
def test_who_cannot_be_a_database_user(principal: str, product: Product) -> None:
    with pytest.raises(NoSuchUserError):
        login_of(principal, product)


def test_a_name_that_the_database_would_cut_is_refused() -> None:
    """Cut, it would be another user's."""
    long = f"user:{'a' * 60}@example.com"
    with pytest.raises(NoSuchUserError, match="72 characters"):
        login_of(long, Product.ALLOYDB)
    with pytest.raises(NoSuchUserError, match="MySQL takes 32"):
        login_of(f"user:{'a' * 33}@example.com", Product.MYSQL)


@pytest.mark.parametrize(
    ("name", "word", "email", "member"),
    [
        ("postgres", "ALLOYDB_BUILT_IN", "", ""),
        ("ana", "CLOUD_IAM_USER", "", ""),  # MySQL that does not tell the address
        ("ana", "CLOUD_IAM_USER", "ana@example.com", "user:ana@example.com"),
        (
            "sa",
            "CLOUD_IAM_SERVICE_ACCOUNT",
            "sa@p.iam.gserviceaccount.com",
            "serviceAccount:sa@p.iam.gserviceaccount.com",
        ),
        ("root", "BUILT_IN", "", ""),
    ],
)
def test_users_of_mysql_are_told_apart_by_their_address(
    name: str, word: str, email: str, member: str
) -> None:
    assert member_of(name, word, Product.MYSQL, email) == member


def test_a_collision_is_explained() -> None:
    login = login_of("user:ana@partner.example", Product.MYSQL)
    said = collision(login, ANA, Product.MYSQL)
    assert "ana is the database user of ana@example.com" in said
    assert "ana@partner.example cannot be a user of this instance too" in said
    assert "another database user" in collision(login_of(ANA, Product.POSTGRESQL), "", Product.POSTGRESQL)


def test_the_flag_and_the_command_that_turns_it_on() -> None:
    """gcloud replaces all flags, so those that are there stay."""
    flags = {"max_connections": "500", "alloydb.iam_authentication": "off"}
    assert not is_on(Product.ALLOYDB, flags)
    assert is_on(Product.MYSQL, {"cloudsql_iam_authentication": "ON"})
    assert turn_on_command(
        Product.ALLOYDB, flags, project_id="p", instance="i", cluster="c", region="us-east1"
    ) == (
        "gcloud alloydb instances update i --cluster=c --region=us-east1 --project=p "
        "--database-flags=alloydb.iam_authentication=on,max_connections=500"
    )
    command = turn_on_command(Product.POSTGRESQL, {"session_preload": "a,b"}, project_id="p", instance="i")
    assert shlex.split(command)[-1] == (
        "--database-flags=^:^cloudsql.iam_authentication=on:session_preload=a,b"
    )


def test_engines_without_iam_authentication_are_left_out() -> None:
    assert of_version("POSTGRES_18") is Product.POSTGRESQL
    assert of_version("MYSQL_8_4") is Product.MYSQL
    assert of_version("SQLSERVER_2022_STANDARD") is None


@pytest.mark.parametrize("product", Product)
def test_roles_by_way(product: Product) -> None:
    """The client role serves the proxy and the connectors only; the login role is needed in every way."""
    direct, connector = needed(product, Way.DIRECT), needed(product, Way.CONNECTOR)
    assert set(direct) < set(connector) == set(ROLES[product]) == set(needed(product))
    assert all(item.role.endswith(".client") for item in set(connector) - set(direct))
    assert login_role(product) in {item.role for item in direct}
    assert set(RULES[product].types) == set(Kind)
