"""What tests share: processes that come up and always end, databases, servers, the environment."""
