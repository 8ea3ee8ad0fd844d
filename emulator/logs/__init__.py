"""Cloud Logging: the entries that refused logins leave, and the filters that find them."""
