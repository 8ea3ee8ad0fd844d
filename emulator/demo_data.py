"""What is in the demo company's databases: orders, which AlloyDB serves, and crm, which Cloud SQL serves.

The rows are sample data, the same on each machine.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

CUSTOMERS, PRODUCTS, ORDERS, ACCOUNTS = 600, 120, 3000, 80

_ORDERS_SCHEMA = """
CREATE TABLE customers (
    id integer PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, country text NOT NULL,
    registered_on date NOT NULL, newsletter boolean NOT NULL
);
CREATE TABLE products (
    id integer PRIMARY KEY, sku text NOT NULL UNIQUE, name text NOT NULL, category text NOT NULL,
    price numeric(10, 2) NOT NULL, weight_kg double precision NOT NULL
);
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers, status text NOT NULL,
    ordered_at timestamptz NOT NULL, note jsonb
);
CREATE TABLE order_items (
    order_id bigint NOT NULL REFERENCES orders, line integer NOT NULL,
    product_id integer NOT NULL REFERENCES products, quantity integer NOT NULL,
    unit_price numeric(10, 2) NOT NULL, PRIMARY KEY (order_id, line)
);
CREATE TABLE staff_salaries (name text PRIMARY KEY, salary numeric(10, 2) NOT NULL);
"""
_CRM_SCHEMA = """
CREATE TABLE accounts (
    id integer PRIMARY KEY, name text NOT NULL UNIQUE, industry text NOT NULL, country text NOT NULL,
    since date NOT NULL
);
CREATE TABLE contacts (
    id integer PRIMARY KEY, account_id integer NOT NULL REFERENCES accounts, name text NOT NULL,
    email text NOT NULL UNIQUE, opted_in boolean NOT NULL
);
CREATE TABLE opportunities (
    id integer PRIMARY KEY, account_id integer NOT NULL REFERENCES accounts, stage text NOT NULL,
    amount numeric(12, 2) NOT NULL, closes_on date NOT NULL
);
"""

_COUNTRIES = ("DE", "FR", "GB", "IT", "JP", "NL", "US")
_CATEGORIES = ("books", "garden", "kitchen", "outdoor", "toys")
_STATES = ("paid", "shipped", "delivered", "returned")
_FIRST = ("Ada", "Ben", "Chloe", "Dmitri", "Emi", "Fatima", "Georg", "Hana", "Ivan", "Jana")
_LAST = ("Abe", "Berg", "Costa", "Diaz", "Evans", "Fischer", "Greco", "Haas", "Ito", "Jansen")
_FORMS = ("AG", "GmbH", "Inc", "Ltd", "SA")
_INDUSTRIES = ("energy", "health", "logistics", "retail")
_STAGES = ("lead", "offer", "won", "lost")
_OPENING = date(2024, 1, 1)

Row = tuple[object, ...]


def _customers(chance: random.Random) -> Iterator[Row]:
    for number in range(1, CUSTOMERS + 1):
        name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
        email = f"customer{number}@example.com"
        since = _OPENING + timedelta(days=chance.randrange(500))
        yield number, name, email, chance.choice(_COUNTRIES), since, chance.random() < 0.4


def _products(chance: random.Random) -> Iterator[Row]:
    for number in range(1, PRODUCTS + 1):
        category = chance.choice(_CATEGORIES)
        price = chance.randrange(199, 19_999) / 100
        yield number, f"SKU-{number:04}", f"{category} item {number}", category, price, chance.random() * 9


def _orders(chance: random.Random) -> Iterator[Row]:
    for number in range(1, ORDERS + 1):
        day = _OPENING + timedelta(days=chance.randrange(600))
        moment = f"{day} {chance.randrange(24):02}:{chance.randrange(60):02}:00+00"
        note = '{"gift": true}' if chance.random() < 0.1 else None
        yield number, chance.randint(1, CUSTOMERS), chance.choice(_STATES), moment, note


def _order_items(chance: random.Random) -> Iterator[Row]:
    for number in range(1, ORDERS + 1):
        for line in range(1, chance.randint(1, 4) + 1):
            price = chance.randrange(199, 19_999) / 100
            yield number, line, chance.randint(1, PRODUCTS), chance.randint(1, 5), price


def _salaries(_chance: random.Random) -> Iterator[Row]:
    yield "Ada Abe", 4200
    yield "Ben Berg", 3900


def _accounts(chance: random.Random) -> Iterator[Row]:
    for number in range(1, ACCOUNTS + 1):
        since = _OPENING + timedelta(days=chance.randrange(500))
        name = f"{chance.choice(_LAST)} {chance.choice(_FORMS)} {number}"
        yield number, name, chance.choice(_INDUSTRIES), chance.choice(_COUNTRIES), since


def _contacts(chance: random.Random) -> Iterator[Row]:
    for number in range(1, 3 * ACCOUNTS + 1):
        name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
        yield number, chance.randint(1, ACCOUNTS), name, f"contact{number}@example.com", chance.random() < 0.5


def _opportunities(chance: random.Random) -> Iterator[Row]:
    for number in range(1, 2 * ACCOUNTS + 1):
        closes = _OPENING + timedelta(days=chance.randrange(900))
        amount = chance.randrange(100_000, 9_000_000) / 100
        yield number, chance.randint(1, ACCOUNTS), chance.choice(_STAGES), amount, closes


@dataclass(frozen=True)
class Database:
    """A database, its tables in the order in which they are filled, and who may read all but the `hidden`."""

    name: str
    reader: str
    password: str
    schema: str
    tables: Mapping[str, Callable[[random.Random], Iterator[Row]]]
    hidden: tuple[str, ...] = ()

    def readable(self) -> list[str]:
        """The tables that the reader may read."""
        return [table for table in self.tables if table not in self.hidden]


# The passwords are the demo's, printed in the README.
ORDERS_DATABASE = Database(
    name="orders",
    reader="bq_reader",
    password="orders-demo-password",
    schema=_ORDERS_SCHEMA,
    tables={
        "customers": _customers,
        "products": _products,
        "orders": _orders,
        "order_items": _order_items,
        "staff_salaries": _salaries,
    },
    hidden=("staff_salaries",),
)
CRM_DATABASE = Database(
    name="crm",
    reader="crm_reader",
    password="crm-demo-password",
    schema=_CRM_SCHEMA,
    tables={"accounts": _accounts, "contacts": _contacts, "opportunities": _opportunities},
)
