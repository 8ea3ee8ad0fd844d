"""SQL to paste, read by somebody else's parser: sqlglot in the dialects of MySQL and PostgreSQL.

Hostile names end no quotes, begin no comment and no second statement, and are read back letter by letter.
sqlglot has no tree for MySQL's user@host: there its tokens are compared, and its count of statements.
"""

from __future__ import annotations

import logging

import pytest
import sqlglot
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from connections.logins import sql
from connections.logins.products import Product

SIGNS = "`\"'\\;-#/*@%$. \n\r\t{}()[]:?"
# What names are made of: the signs that mean something to a server, more often than chance would have it.
NAMES = st.one_of(
    st.text(st.sampled_from(SIGNS + "aZ0é木"), min_size=1, max_size=20),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40),
)
HOSTILE = (
    "`; DROP USER root; -- ",
    "a``b",
    "\\`; SELECT 1; #",
    "*/ DROP TABLE orders; /*",
    'a"; DROP TABLE orders; --',
    "o'neil@example.com",
    "ana@example.com",
    "`@`%`; GRANT ALL ON *.* TO `mallory",
    "$$; $x$",
    "\\",
    "`",
    '"',
)
Read = list[tuple[TokenType, str]]


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """That it keeps some statements without a tree is known."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)


def tokens(text: str, dialect: str) -> Read:
    """What the dialect's tokenizer reads, with names as they are meant."""
    found: list[Token] = sqlglot.tokenize(text, read=dialect)
    assert not any(token.comments for token in found), "nothing is a comment"
    return [(token.token_type, token.text) for token in found]


def statements(text: str, dialect: str) -> list[exp.Expr]:
    """The statements that a parser of the dialect finds."""
    return [found for found in sqlglot.parse(text, dialect=dialect) if found is not None]


def words(read: Read) -> str:
    """The statement with each quoted name as a question mark."""
    return " ".join("?" if kind is TokenType.IDENTIFIER else text for kind, text in read)


def names(read: Read) -> list[str]:
    """The quoted names, in order."""
    return [text for kind, text in read if kind is TokenType.IDENTIFIER]


@given(user=NAMES, database=NAMES)
@example(user=HOSTILE[0], database=HOSTILE[7])
@example(user=HOSTILE[2], database=HOSTILE[3])
def test_mysqls_grant_names_this_user_and_this_database(user: str, database: str) -> None:
    text = sql.grant(Product.MYSQL, user, database)
    assert len(statements(text, "mysql")) == 1
    read = tokens(text, "mysql")
    assert words(read) == "GRANT SELECT ON ? . * TO ? @ ? ;"
    assert names(read) == [database, user, "%"]


@given(user=NAMES)
def test_mysqls_revoke_names_this_user(user: str) -> None:
    text = sql.take_back(Product.MYSQL, user)
    assert len(statements(text, "mysql")) == 1
    read = tokens(text, "mysql")
    assert words(read) == "REVOKE ALL PRIVILEGES , GRANT OPTION FROM ? @ ? ;"
    assert names(read) == [user, "%"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("dialect", ["mysql", "postgres"])
def test_a_hostile_name_is_one_name(name: str, dialect: str) -> None:
    is_name(name, dialect)


@given(name=NAMES, dialect=st.sampled_from(["mysql", "postgres"]))
def test_any_name_is_one_name(name: str, dialect: str) -> None:
    is_name(name, dialect)


def is_name(name: str, dialect: str) -> None:
    """As a table of a query the parser has a tree for, it is this name and nothing besides."""
    quoted = sql.identifier(name, mysql=dialect == "mysql")
    (tree,) = statements(f"SELECT 1 FROM {quoted}", dialect)
    (table,) = tree.find_all(exp.Table)
    assert isinstance(table.this, exp.Identifier)
    assert (table.this.name, table.this.quoted) == (name, True)
    assert not table.args.get("alias")


@given(user=NAMES, database=NAMES, schema=NAMES)
@example(user=HOSTILE[4], database=HOSTILE[5], schema=HOSTILE[8])
def test_postgresqls_grants_are_trees_with_these_names(user: str, database: str, schema: str) -> None:
    text = sql.grant(Product.POSTGRESQL, user, database, schema)
    connect, usage, select = statements(text, "postgres")
    for tree, kind, securable in ((connect, "DATABASE", database), (usage, "SCHEMA", schema)):
        assert isinstance(tree, exp.Grant)
        assert (tree.args["kind"], tree.args["securable"].name) == (kind, securable)
        assert [principal.name for principal in tree.args["principals"]] == [user]
        assert not tree.args["grant_option"]
    assert isinstance(select, exp.Command)
    read = tokens(text, "postgres")
    assert names(read) == [database, user, schema, user, schema, user]
    assert words(read).endswith("; GRANT SELECT ON ALL TABLES IN SCHEMA ? TO ? ;")


@given(user=NAMES)
def test_postgresqls_taking_back_is_two_statements_about_this_user(user: str) -> None:
    read = tokens(sql.take_back(Product.ALLOYDB, user), "postgres")
    assert words(read) == "REASSIGN OWNED BY ? TO CURRENT_USER ; DROP OWNED BY ? ;"
    assert names(read) == [user, user]
