"""Cloud SQL for PostgreSQL, by BigQuery federation."""

from __future__ import annotations

from connections.kinds import cloud_sql

KIND = cloud_sql.make(
    "POSTGRES",
    "PostgreSQL",
    slug="cloud_sql_postgresql",
    search_words=("google cloud sql", "postgres", "database", "federation", "federated"),
    name_limit=63,
    user_limit=63,
)
