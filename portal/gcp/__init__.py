"""The portal's only door to Google Cloud: one module per API, plain dataclasses out, one family of errors.

Nothing else imports ``google.*``. Nothing here knows the database: callers pass names and get values.
"""
