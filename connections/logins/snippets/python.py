"""The connectors for Python.

Sources: "Log in using IAM database authentication" (Cloud SQL, Python), cloud-sql-python-connector 1.23.0,
google-cloud-alloydb-connector 1.14.1.
"""

from __future__ import annotations

from connections.equivalents.python import string
from connections.logins.snippets.base import Login, Network, Step, Way
from connections.logins.snippets.proxy import authenticate

_CODE = """\
from {module} import Connector, IPTypes

with Connector({refresh}) as connector:
    connection = connector.connect(
        {instance},
        {driver},
        user={user},
        db={database},
        enable_iam_auth=True,
        ip_type=IPTypes.{network},
    )
    cursor = connection.cursor()
    cursor.execute("SELECT current_user")
    print(cursor.fetchone()[0])
    connection.close()
"""
_POOL = """\
import sqlalchemy
from {module} import Connector, IPTypes

connector = Connector({refresh})
pool = sqlalchemy.create_engine(
    "{dialect}://",
    creator=lambda: connector.connect(
        {instance},
        {driver},
        user={user},
        db={database},
        enable_iam_auth=True,
        ip_type=IPTypes.{network},
    ),
)
"""
_NETWORKS = {Network.PUBLIC: "PUBLIC", Network.PRIVATE: "PRIVATE", Network.PSC: "PSC"}


def way(login: Login) -> Way:
    """One connection, and a pool of them with SQLAlchemy."""
    driver = "pymysql" if login.is_mysql else "pg8000"
    package = "google-cloud-alloydb-connector" if login.is_alloydb else "cloud-sql-python-connector"
    return Way(
        name="python",
        title="Python",
        about="The connector for Python connects, and hands over a connection of the usual driver.",
        steps=(
            authenticate(login),
            Step("Install the connector", f'pip install "{package}[{driver}]"'),
            Step("Connect", _filled(_CODE, login), "python", login.identity_note("program")),
            Step("Or keep a pool (needs sqlalchemy)", _filled(_POOL, login), "python"),
        ),
    )


def _filled(template: str, login: Login) -> str:
    driver = "pymysql" if login.is_mysql else "pg8000"
    return template.strip().format(
        module="google.cloud.alloydbconnector" if login.is_alloydb else "google.cloud.sql.connector",
        refresh='refresh_strategy="LAZY"' if login.lazy else "",
        instance=string(login.instance),
        driver=string(driver),
        dialect=f"{'mysql' if login.is_mysql else 'postgresql'}+{driver}",
        user=string(login.user),
        database=string(login.database),
        network=_NETWORKS[login.network],
    )
