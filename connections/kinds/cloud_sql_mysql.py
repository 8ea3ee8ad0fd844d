"""Cloud SQL for MySQL, by BigQuery federation.

BigQuery does not speak the login plugin caching_sha2_password: up to MySQL 8.0 the user needs
mysql_native_password ("Connect to Cloud SQL", limitations).
"""

from __future__ import annotations

from connections.kinds import cloud_sql

KIND = cloud_sql.make(
    "MYSQL",
    "MySQL",
    slug="cloud_sql_mysql",
    search_words=("google cloud sql", "my sql", "database", "federation", "federated"),
    name_limit=256,  # 64 characters of up to 4 bytes
    user_limit=128,  # 32 characters
)
