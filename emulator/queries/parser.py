"""The statements that the stand-in runs: SELECT ... FROM EXTERNAL_QUERY(...) [AS alias] [LIMIT n].

The select list is `*` or names of columns. Google's documentation, federated query functions.
"""

from dataclasses import dataclass

from emulator.errors import ApiError
from emulator.queries import lexer
from emulator.queries.lexer import Token


@dataclass(frozen=True)
class Column:
    """A column of the select list and the name that it gets."""

    name: str
    alias: str


@dataclass(frozen=True)
class Statement:
    """`columns` None is `*`; `at` is where EXTERNAL_QUERY stands, as messages show it."""

    connection: str
    inner: str
    options: str
    columns: tuple[Column, ...] | None
    limit: int | None
    at: str


class _Parser:
    def __init__(self, statement: str) -> None:
        self.statement = statement
        self.tokens = list(lexer.tokens(statement))
        self.index = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def fail(self, expected: str) -> ApiError:
        """The error at the current token."""
        found = "end of script" if self.token.kind == "end" else f'"{self.token.text}"'
        return lexer.syntax_error(self.statement, self.token.at, f"Expected {expected} but got {found}")

    def take(self, kind: str, expected: str) -> Token:
        """The current token, which must be of this kind."""
        token = self.token
        if token.kind != kind:
            raise self.fail(expected)
        self.index += 1
        return token

    def accept(self, kind: str, text: str) -> bool:
        """Step over the current token if it is this one; keywords in any case."""
        if self.token.kind != kind or self.token.text.upper() != text:
            return False
        self.index += 1
        return True

    def expect(self, kind: str, text: str) -> None:
        """Step over this token, which must be there."""
        if not self.accept(kind, text):
            raise self.fail(f'"{text}"' if kind == "sign" else f"keyword {text}")

    def name(self) -> str:
        """An identifier, quoted or not."""
        if self.token.kind == "name":
            return self.take("name", "an identifier").text
        return self.take("word", "an identifier").text

    def column(self) -> Column:
        """`name [[AS] alias]`."""
        name = self.name()
        if self.accept("word", "AS"):
            return Column(name, self.name())
        implied = self.token.kind == "name" or (
            self.token.kind == "word" and self.token.text.upper() != "FROM"
        )
        return Column(name, self.name() if implied else name)

    def columns(self) -> tuple[Column, ...] | None:
        """The select list."""
        if self.accept("sign", "*"):
            return None
        found = [self.column()]
        while self.accept("sign", ","):
            found.append(self.column())
        return tuple(found)

    def arguments(self) -> list[str]:
        """Two or three strings in brackets."""
        self.expect("sign", "(")
        found = [self.take("string", "string literal").text]
        while self.accept("sign", ","):
            found.append(self.take("string", "string literal").text)
        self.expect("sign", ")")
        return found

    def tail(self) -> int | None:
        """What may follow: an alias, a limit, a semicolon."""
        if self.accept("word", "AS") or (self.token.kind == "word" and self.token.text.upper() != "LIMIT"):
            self.name()
        limit = int(self.take("number", "integer literal").text) if self.accept("word", "LIMIT") else None
        self.accept("sign", ";")
        self.take("end", "end of input")
        return limit

    def parse(self) -> Statement:
        """The whole statement."""
        self.expect("word", "SELECT")
        columns = self.columns()
        self.expect("word", "FROM")
        function = self.token
        self.expect("word", "EXTERNAL_QUERY")
        arguments = self.arguments()
        where = lexer.position(self.statement, function.at)
        if len(arguments) not in (2, 3):
            text = f"Number of arguments does not match for table-valued function EXTERNAL_QUERY at {where}"
            raise ApiError(400, text, reason="invalidQuery")
        options = arguments[2] if len(arguments) == 3 else ""
        return Statement(arguments[0], arguments[1], options, columns, self.tail(), where)


def parse(statement: str) -> Statement:
    """Parse a statement. Raises ApiError 400 invalidQuery with BigQuery's kind of message."""
    return _Parser(statement).parse()
