"""SQL to paste: what a new database user may read, and taking it back. Pure.

Names are quoted as each server does it; nothing in a name can end the quotes.
"""

from __future__ import annotations

from connections.logins.products import RULES, Product

ANY_HOST = "%"


def identifier(name: str, *, mysql: bool = False) -> str:
    """A name as PostgreSQL or MySQL reads it back unchanged. Raises ValueError for one that cannot be one."""
    if not name or "\0" in name:
        raise ValueError("an identifier needs characters, and none of them may be NUL")
    sign = "`" if mysql else '"'
    return f"{sign}{name.replace(sign, sign * 2)}{sign}"


def account(name: str) -> str:
    """A MySQL user at any host. Raises ValueError for a name that cannot be one."""
    return f"{identifier(name, mysql=True)}@{identifier(ANY_HOST, mysql=True)}"


def grant(product: Product, user: str, database: str = "", schema: str = "public") -> str:
    """What lets a database user read: every table of a schema, or on MySQL of a database."""
    if RULES[product].mysql:
        where = identifier(database or "DATABASE", mysql=True)
        return f"GRANT SELECT ON {where}.* TO {account(user)};"
    who, place = identifier(user), identifier(schema)
    lines = [
        f"GRANT USAGE ON SCHEMA {place} TO {who};",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {place} TO {who};",
    ]
    if database:
        lines.insert(0, f"GRANT CONNECT ON DATABASE {identifier(database)} TO {who};")
    return "\n".join(lines)


def take_back(product: Product, user: str) -> str:
    """What frees a database user of all that was granted to it, to be run in each database it was granted in.

    What it owns goes to the user who runs this: nothing is dropped but privileges.
    """
    if RULES[product].mysql:
        return f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account(user)};"
    who = identifier(user)
    return f"REASSIGN OWNED BY {who} TO CURRENT_USER;\nDROP OWNED BY {who};"
