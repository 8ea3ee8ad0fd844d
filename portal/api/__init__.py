"""The read-only API: tokens, who may read what with them, and the addresses that answer."""
