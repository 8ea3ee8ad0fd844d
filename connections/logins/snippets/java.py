"""The connectors for Java: JDBC, and R2DBC where there is one.

Sources: "Log in using IAM database authentication" (Cloud SQL, Java), the references of the Cloud SQL and the
AlloyDB connectors for Java. AlloyDB's has no R2DBC: there R2DBC goes through the Auth Proxy.
"""

from __future__ import annotations

from urllib.parse import quote

from connections.logins.snippets import proxy
from connections.logins.snippets.base import Login, Network, Step, Way
from connections.logins.snippets.literals import java

_JDBC = """\
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;

public class IamConnectionPool {{
  public static DataSource create() {{
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl({url});
{properties}
    return new HikariDataSource(config);
  }}
}}
"""
_R2DBC = """\
import static {options}.ENABLE_IAM_AUTH;
import static {options}.IP_TYPES;
import static {options}.REFRESH_STRATEGY;
import static io.r2dbc.spi.ConnectionFactoryOptions.DATABASE;
import static io.r2dbc.spi.ConnectionFactoryOptions.DRIVER;
import static io.r2dbc.spi.ConnectionFactoryOptions.HOST;
import static io.r2dbc.spi.ConnectionFactoryOptions.PASSWORD;
import static io.r2dbc.spi.ConnectionFactoryOptions.PROTOCOL;
import static io.r2dbc.spi.ConnectionFactoryOptions.USER;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;

public class IamConnectionPool {{
  public static ConnectionPool create() {{
    ConnectionFactoryOptions options =
        ConnectionFactoryOptions.builder()
            .option(DRIVER, "gcp")
            .option(PROTOCOL, {protocol})
            .option(HOST, {instance})
            .option(USER, {user})
            .option(PASSWORD, "password") // the driver wants one; the connector sends the token
            .option(DATABASE, {database})
            .option(IP_TYPES, {network})
            .option(ENABLE_IAM_AUTH, true)
            .option(REFRESH_STRATEGY, {refresh})
            .build();
    ConnectionFactory factory = ConnectionFactories.get(options);
    return new ConnectionPool(ConnectionPoolConfiguration.builder(factory).build());
  }}
}}
"""
_R2DBC_PROXY = """\
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;

public class IamConnectionPool {{
  public static ConnectionPool create() {{
    PostgresqlConnectionConfiguration configuration =
        PostgresqlConnectionConfiguration.builder()
            .host("127.0.0.1")
            .port({port})
            .username({user})
            .password("password") // the driver wants one; the proxy sends the token
            .database({database})
            .build();
    PostgresqlConnectionFactory factory = new PostgresqlConnectionFactory(configuration);
    return new ConnectionPool(ConnectionPoolConfiguration.builder(factory).build());
  }}
}}
"""
_IP_TYPES = {Network.PUBLIC: "PUBLIC", Network.PRIVATE: "PRIVATE", Network.PSC: "PSC"}
_R2DBC_OPTIONS = "com.google.cloud.sql.core.GcpConnectionFactoryProvider"


def jdbc(login: Login) -> Way:
    """A HikariCP pool over the connector's socket factory."""
    if login.is_alloydb:
        connector, driver = "com.google.cloud:alloydb-jdbc-connector", "org.postgresql:postgresql"
    elif login.is_mysql:
        connector, driver = (
            "com.google.cloud.sql:mysql-socket-factory-connector-j-8",
            "com.mysql:mysql-connector-j",
        )
    else:
        connector, driver = "com.google.cloud.sql:postgres-socket-factory", "org.postgresql:postgresql"
    return Way(
        name="jdbc",
        title="Java (JDBC)",
        about="The connector for Java is the driver's socket factory.",
        steps=(
            proxy.authenticate(login),
            _dependencies(connector, driver, "com.zaxxer:HikariCP"),
            Step("Connect", _jdbc(login), "java", login.identity_note("program")),
        ),
    )


def r2dbc(login: Login) -> Way:
    """A reactive pool over the connector, or through the Auth Proxy where the connector has no R2DBC."""
    if login.is_alloydb:
        return _r2dbc_through_proxy(login)
    engine, driver = (
        ("mysql", "io.asyncer:r2dbc-mysql")
        if login.is_mysql
        else ("postgres", "org.postgresql:r2dbc-postgresql")
    )
    return Way(
        name="r2dbc",
        title="Java (R2DBC)",
        about="The connector for Java, without blocking a thread.",
        steps=(
            proxy.authenticate(login),
            _dependencies(
                f"com.google.cloud.sql:cloud-sql-connector-r2dbc-{engine}", driver, "io.r2dbc:r2dbc-pool"
            ),
            Step("Connect", _r2dbc(login), "java", login.identity_note("program")),
        ),
    )


def _dependencies(*coordinates: str) -> Step:
    lines = "\n".join(f'implementation("{one}:VERSION")' for one in coordinates)
    return Step("Add the dependencies (Gradle)", lines, "kotlin", "With the newest versions for VERSION.")


def _jdbc(login: Login) -> str:
    scheme = "mysql" if login.is_mysql else "postgresql"
    url = f"jdbc:{scheme}:///{quote(login.database, safe='')}"
    lines = [
        f"    config.addDataSourceProperty({java(name)}, {java(value)});"
        for name, value in (_alloydb(login) if login.is_alloydb else _cloud_sql(login)).items()
    ]
    lines.insert(0, "    // The driver wants a password; the connector sends the token.")
    return _JDBC.format(url=java(url), properties="\n".join(lines))


def _alloydb(login: Login) -> dict[str, str]:
    found = {
        "user": login.user,
        "password": "password",
        "sslmode": "disable",
        "socketFactory": "com.google.cloud.alloydb.SocketFactory",
        "alloydbInstanceName": login.instance,
        "alloydbEnableIAMAuth": "true",
        "alloydbIpType": _IP_TYPES[login.network],
    }
    return found | ({"alloydbRefreshStrategy": "lazy"} if login.lazy else {})


def _cloud_sql(login: Login) -> dict[str, str]:
    engine, tls = ("mysql", "sslMode") if login.is_mysql else ("postgres", "sslmode")
    found = {
        "user": login.user,
        "password": "password",
        tls: "DISABLED" if login.is_mysql else "disable",
        "socketFactory": f"com.google.cloud.sql.{engine}.SocketFactory",
        "cloudSqlInstance": login.instance,
        "enableIamAuth": "true",
        "ipTypes": _IP_TYPES[login.network],
    }
    return found | ({"cloudSqlRefreshStrategy": "lazy"} if login.lazy else {})


def _r2dbc(login: Login) -> str:
    return _R2DBC.format(
        options=_R2DBC_OPTIONS,
        protocol=java("mysql" if login.is_mysql else "postgresql"),
        instance=java(login.instance),
        user=java(login.user),
        database=java(login.database),
        network=java(_IP_TYPES[login.network]),
        refresh=java("lazy" if login.lazy else "refresh_ahead"),
    )


def _r2dbc_through_proxy(login: Login) -> Way:
    code = _R2DBC_PROXY.format(port=login.port, user=java(login.user), database=java(login.database))
    return Way(
        name="r2dbc",
        title="Java (R2DBC)",
        about="AlloyDB has no connector for R2DBC: the PostgreSQL driver goes through the Auth Proxy.",
        steps=(
            *proxy.way(login).steps[:2],
            _dependencies("org.postgresql:r2dbc-postgresql", "io.r2dbc:r2dbc-pool"),
            Step("Connect", code, "java", "No TLS between driver and proxy: both are on this machine."),
        ),
    )
