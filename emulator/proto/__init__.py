"""Requests in JSON form, checked as Google's front end checks them before a service sees them."""
