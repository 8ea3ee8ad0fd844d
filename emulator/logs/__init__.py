"""Cloud Logging: the entries that refused logins and queries leave, and the filters that find them."""
