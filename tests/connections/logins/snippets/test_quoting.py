"""No name can get out of its quotes: read back by bash, and by real parsers of Go, Java and Python."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest
import tree_sitter_go
import tree_sitter_java
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from connections.logins.products import RULES, Product
from connections.logins.snippets import Login, literals
from connections.logins.snippets.base import conninfo
from tests.connections.equivalents.samples import hostile
from tests.connections.logins.snippets.samples import login, logins, steps
from tests.support.examples import examples

GO = Parser(Language(tree_sitter_go.language()))
JAVA = Parser(Language(tree_sitter_java.language()))
PROGRAMS = ("psql", "mysql", "cloud-sql-proxy", "alloydb-auth-proxy", "pip", "go", "curl", "gcloud")
STUB = """\
#!{python} -SE
import json, os, sys
argv = sys.argv[1:]
if argv[-1:] and ("print-access-token" in argv or "generate-login-token" in argv):
    print("a-token")
told = {{name: os.environ[name] for name in ("PGPASSWORD", "MYSQL_PWD") if name in os.environ}}
with open({calls!r}, "a") as calls:
    calls.write(json.dumps([os.path.basename(sys.argv[0]), argv, told]) + "\\n")
"""


class Machine:
    """bash in a folder in which every program only writes down how it was called."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, folder / "calls"
        for name in PROGRAMS:
            (folder / name).write_text(STUB.format(python=sys.executable, calls=str(self.calls)))
            (folder / name).chmod(0o755)

    def called(self, text: str) -> list[tuple[str, list[str], dict[str, str]]]:
        """The calls that a text makes; bash finds nothing wrong with it."""
        bash = shutil.which("bash")
        assert bash
        self.calls.write_text("")
        environment = {"PATH": str(self.folder), "LC_ALL": "C.UTF-8"}
        for arguments in (["-n"], []):
            done = subprocess.run(
                [bash, "--norc", "--noprofile", *arguments, "-c", text],
                cwd=self.folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert done.stderr == ""
        return [tuple(json.loads(line)) for line in self.calls.read_text().splitlines()]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine without anything on it."""
    return Machine(tmp_path_factory.mktemp("machine"))


@examples(25)
@given(logins())
def test_bash_hands_over_every_name_as_it_is(machine: Machine, filled: Login) -> None:
    text = "\n".join(step.code for step in steps(filled, "shell"))
    calls = machine.called(text)
    proxy = "alloydb-auth-proxy" if filled.is_alloydb else "cloud-sql-proxy"
    assert {argv[-1] for name, argv, _ in calls if name == proxy} == {filled.instance}
    clients = [(argv, told) for name, argv, told in calls if name in ("psql", "mysql")]
    through_proxy, by_hand = clients[0][0], clients[1:]
    user, database = through_proxy[-2].partition("=")[2], through_proxy[-1].partition("=")[2]
    assert user == filled.user
    assert database == filled.database or read(database)["dbname"] == filled.database
    for argv, told in by_hand:
        assert list(told.values()) == ["a-token"]
        if RULES[filled.product].mysql:
            assert argv[-2:] == [f"--user={filled.user}", f"--database={filled.database}"]
        else:
            where = read(argv[0])
            assert (where["user"], where["dbname"]) == (filled.user, filled.database)
            assert where["sslmode"] == "require"
    if filled.is_service_account:
        impersonating = [word for _, argv, _ in calls for word in argv if "--impersonate" in word]
        assert {word.partition("=")[2] for word in impersonating} == {filled.email}


def read(text: str) -> dict[str, Any]:
    """A connection string as libpq reads it."""
    return dict(psycopg.conninfo.conninfo_to_dict(text))


@given(hostile.filter(bool), hostile.filter(bool))
def test_libpq_reads_connection_strings_as_meant(user: str, database: str) -> None:
    found = read(conninfo(user=user, dbname=database))
    assert (found["user"], found["dbname"]) == (user, database)


def test_a_database_that_looks_like_a_connection_string(machine: Machine) -> None:
    for name in ("host=evil", "postgresql://evil/x"):
        filled = login(Product.POSTGRESQL, database=name)
        text = steps(filled, "shell", "proxy")[2].code
        ((_, argv, _),) = machine.called(text)
        assert argv[-1] == f"--dbname={conninfo(dbname=name)}"
        assert read(argv[-1].removeprefix("--dbname="))["dbname"] == name


def strings(parser: Parser, code: str, kind: str) -> list[str]:
    """The string literals of a program that its language's parser finds no mistake in, as written."""
    source = code.encode()
    root = parser.parse(source).root_node
    assert not root.has_error, code
    found: list[Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        found += [node] if node.type == kind else []
        waiting += node.children
    return [
        source[node.start_byte : node.end_byte].decode() for node in sorted(found, key=lambda n: n.start_byte)
    ]


@given(logins())
def test_go_parses_and_its_strings_are_the_names(filled: Login) -> None:
    (step,) = steps(filled, "go")
    found = strings(GO, step.code, "interpreted_string_literal")
    assert literals.go(filled.instance) in found
    if filled.is_mysql:
        assert literals.go(filled.user) in found
        assert literals.go(filled.database) in found
    else:
        dsn = conninfo(user=filled.user, database=filled.database, sslmode="disable")
        assert literals.go(dsn) in found


@given(logins())
def test_java_parses_and_its_strings_are_the_names(filled: Login) -> None:
    assert steps(filled, "java")
    for step in steps(filled, "java"):
        found = strings(JAVA, step.code, "string_literal")
        assert literals.java(filled.user) in found
        address = next((one for one in found if one.startswith('"jdbc:')), "")
        assert (
            literals.java(filled.database) in found
            or unquote(address.partition("///")[2][:-1]) == filled.database
        )


@given(logins())
def test_python_parses_and_its_strings_are_the_names(filled: Login) -> None:
    assert steps(filled, "python")
    for step in steps(filled, "python"):
        constants = {node.value for node in ast.walk(ast.parse(step.code)) if isinstance(node, ast.Constant)}
        assert {filled.instance, filled.user, filled.database} <= constants


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_go_literals_mean_the_text(text: str) -> None:
    literal = literals.go(text)
    assert "\n" not in literal
    assert strings(GO, f"package p\n\nvar x = {literal}\n", "interpreted_string_literal") == [literal]
    assert ast.literal_eval(literal) == text, "its escapes are among Python's"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_java_literals_stand_on_one_line(text: str) -> None:
    literal = literals.java(text)
    assert literal.isprintable()
    code = f"class A {{ String x = {literal}; }}\n"
    assert strings(JAVA, code, "string_literal") == [literal]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('say "hi"', '"say \\"hi\\""'),
        ("a\\u000ab", '"a\\\\u000ab"'),
        ("\x00\x1b9", '"\\000\\0339"'),
        ("\u2028", '"\\u2028"'),
        ("\U000e0001", '"\\udb40\\udc01"'),
        ("日本", '"日本"'),
        ("\ud800", '"?"'),
    ],
)
def test_java_escapes(text: str, expected: str) -> None:
    assert literals.java(text) == expected
