"""The connectors for Go.

Sources: "Log in using IAM database authentication" (Cloud SQL, Go), the references of cloudsqlconn and
alloydbconn.
"""

from __future__ import annotations

from connections.logins.snippets.base import Login, Network, Step, Way, conninfo
from connections.logins.snippets.literals import go
from connections.logins.snippets.proxy import authenticate

_POSTGRESQL = """\
package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"

	"cloud.google.com/go/{package}"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

func connect(ctx context.Context) (*sql.DB, error) {{
	d, err := {package}.NewDialer(ctx, {options})
	if err != nil {{
		return nil, fmt.Errorf("{package}.NewDialer: %w", err)
	}}
	// The connector encrypts: the driver must not do so too.
	config, err := pgx.ParseConfig({dsn})
	if err != nil {{
		return nil, fmt.Errorf("pgx.ParseConfig: %w", err)
	}}
	config.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {{
		return d.Dial(ctx, {instance}{dial})
	}}
	db, err := sql.Open("pgx", stdlib.RegisterConnConfig(config))
	if err != nil {{
		return nil, fmt.Errorf("sql.Open: %w", err)
	}}
	return db, nil
}}
"""
_MYSQL = """\
package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"

	"cloud.google.com/go/cloudsqlconn"
	"github.com/go-sql-driver/mysql"
)

func connect(ctx context.Context) (*sql.DB, error) {{
	d, err := cloudsqlconn.NewDialer(ctx, {options})
	if err != nil {{
		return nil, fmt.Errorf("cloudsqlconn.NewDialer: %w", err)
	}}
	mysql.RegisterDialContext("cloudsqlconn", func(ctx context.Context, _ string) (net.Conn, error) {{
		return d.Dial(ctx, {instance}{dial})
	}})
	config := mysql.NewConfig()
	config.Net = "cloudsqlconn"
	config.Addr = "localhost:3306"
	config.User = {user}
	config.Passwd = "empty" // the connector sends the token
	config.DBName = {database}
	config.ParseTime = true
	db, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {{
		return nil, fmt.Errorf("sql.Open: %w", err)
	}}
	return db, nil
}}
"""
_DIAL = {Network.PUBLIC: "WithPublicIP", Network.PRIVATE: "WithPrivateIP", Network.PSC: "WithPSC"}


def way(login: Login) -> Way:
    """A pool of connections over the connector for Go."""
    driver = "github.com/go-sql-driver/mysql" if login.is_mysql else "github.com/jackc/pgx/v5"
    module = "cloud.google.com/go/" + _package(login)
    return Way(
        name="go",
        title="Go",
        about="The connector for Go dials; the driver speaks through it.",
        steps=(
            authenticate(login),
            Step("Add the modules", f"go get {module} {driver}"),
            Step("Connect", _code(login), "go", login.identity_note("program")),
        ),
    )


def _package(login: Login) -> str:
    return "alloydbconn" if login.is_alloydb else "cloudsqlconn"


def _code(login: Login) -> str:
    package = _package(login)
    options = f"{package}.WithIAMAuthN()"
    if login.lazy:
        options += f", {package}.WithLazyRefresh()"
    template = _MYSQL if login.is_mysql else _POSTGRESQL
    dsn = conninfo(user=login.user, database=login.database, sslmode="disable")
    return template.format(
        package=package,
        options=options,
        dsn=go(dsn),
        instance=go(login.instance),
        dial=f", {package}.{_DIAL[login.network]}()",
        user=go(login.user),
        database=go(login.database),
    )
