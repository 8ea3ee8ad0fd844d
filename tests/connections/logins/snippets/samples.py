"""Logins of every product, plain ones and hostile ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from connections.logins.products import Product
from connections.logins.snippets import Login, Network, Step, ways
from tests.connections.equivalents.samples import hostile

INSTANCES = {
    Product.ALLOYDB: "projects/acme/locations/us-central1/clusters/orders/instances/orders-primary",
    Product.POSTGRESQL: "acme:us-central1:crm",
    Product.MYSQL: "acme:us-central1:shop",
}
PERSON = "ana@example.com"
ACCOUNT = "loader@acme.iam.gserviceaccount.com"


def login(product: Product = Product.ALLOYDB, **overrides: Any) -> Login:
    """Ana, who logs in to the database orders."""
    values: dict[str, Any] = {
        "product": product,
        "instance": INSTANCES[product],
        "database": "orders",
        "email": PERSON,
        "user": PERSON,
        "network": Network.PUBLIC,
        "addresses": {Network.PUBLIC: "203.0.113.2", Network.PRIVATE: "10.40.0.2"},
        "port": 6000,
    }
    return Login(**(values | overrides))


@st.composite
def logins(draw: Any) -> Login:
    """Any login, with hostile text wherever there is text."""
    product = draw(st.sampled_from(Product))
    return login(
        product,
        instance=draw(hostile),
        database=draw(hostile.filter(bool)),
        email=draw(hostile) + draw(st.sampled_from(["@example.com", "@p.iam.gserviceaccount.com"])),
        user=draw(hostile.filter(bool)),
        network=draw(st.sampled_from(Network)),
        addresses=draw(st.sampled_from([{}, dict.fromkeys(Network, "10.0.0.1")])),
        lazy=draw(st.booleans()),
        certificates_only=draw(st.booleans()),
    )


def steps(filled: Login, language: str, way: str = "") -> list[Step]:
    """The steps in a language, of every way or of one."""
    found = [step for item in ways(filled) if not way or item.name == way for step in item.steps]
    return [step for step in found if step.language == language]
