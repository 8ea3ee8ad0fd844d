"""Which database user a principal is. Pure.

A person is the whole e-mail address, a service account its address without `.gserviceaccount.com`; on MySQL
both are what stands before the @, so that two with the same there cannot both be users of one instance. In
lower case: PostgreSQL would tell "Ana@..." and "ana@..." apart, IAM does not.
"""

from __future__ import annotations

from dataclasses import dataclass

from connections.logins.products import RULES, Kind, Product

SERVICE_ACCOUNT_END = ".gserviceaccount.com"


class NoSuchUserError(ValueError):
    """A principal that cannot be a database user; the message says why."""


@dataclass(frozen=True)
class DatabaseLogin:
    """The database user of a principal.

    `name` is what one logs in as, `sent` what the API is given to make it, `type` its type there.
    """

    principal: str
    kind: Kind
    name: str
    sent: str
    type: str


def login_of(principal: str, product: Product) -> DatabaseLogin:
    """Return the database user of an IAM member ("user:ana@example.com").

    Raises NoSuchUserError for one that cannot log in to this product.
    """
    rules = RULES[product]
    kind, address = _parts(principal)
    if kind not in rules.types:
        raise NoSuchUserError(f"{rules.label} has no database users for {kind.value}: members.")
    whole = address.removesuffix(SERVICE_ACCOUNT_END) if kind is Kind.SERVICE_ACCOUNT else address
    name, _, domain = whole.partition("@")
    if not name or not domain or "/" in whole:
        raise NoSuchUserError(f"{address} is not an address that can be a database user.")
    shown = name if rules.mysql else whole
    if len(shown) > rules.longest:
        raise NoSuchUserError(
            f"The database user would be {shown}: {len(shown)} characters, and {rules.label} takes "
            f"{rules.longest}."
        )
    return DatabaseLogin(principal, kind, shown, address if rules.mysql else whole, rules.types[kind])


def _parts(principal: str) -> tuple[Kind, str]:
    prefix, _, address = principal.partition(":")
    try:
        kind = Kind(prefix)
    except ValueError:
        raise NoSuchUserError(
            f"{principal}: only a person, a service account or a group can log in to a database."
        ) from None
    return kind, address.lower()


def member_of(name: str, user_type: str, product: Product, email: str = "") -> str:
    """Return the IAM member behind a database user as an instance lists it, "" where it does not tell.

    `user_type` is the API's type of the user, `email` the whole address that MySQL keeps beside the name.
    """
    rules = RULES[product]
    kinds = {kind for kind, word in rules.types.items() if word == user_type}
    address = (email or ("" if rules.mysql else name)).lower()
    if not kinds or "@" not in address:
        return ""
    if Kind.GROUP in kinds:
        return f"group:{address}"
    if Kind.SERVICE_ACCOUNT in kinds and (_is_account(address) or Kind.PERSON not in kinds):
        return f"serviceAccount:{address.removesuffix(SERVICE_ACCOUNT_END)}{SERVICE_ACCOUNT_END}"
    return f"user:{address}"


def _is_account(address: str) -> bool:
    """Whether an address, whole or cut, is a service account's: no person's domain ends so or has no dot."""
    return address.endswith((SERVICE_ACCOUNT_END, ".iam")) or "." not in address.partition("@")[2]


def collision(login: DatabaseLogin, holder: str, product: Product) -> str:
    """Say why `login` cannot be made where `holder`, another principal or nobody known, has its name."""
    whose = f"the database user of {holder.partition(':')[2]}" if holder else "another database user"
    if RULES[product].mysql:
        return (
            f"{login.name} is {whose} there already. On MySQL the name is the part before the @, so "
            f"{login.principal.partition(':')[2]} cannot be a user of this instance too."
        )
    return f"{login.name} is {whose} there already, of another type."
