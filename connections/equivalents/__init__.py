"""The bq, gcloud, REST, Terraform and Python form of what a page does.

Pure functions from what is asked for to texts that a person can run; no network, no database. A command
never has a password in it: it asks for one when it runs.
"""

from __future__ import annotations

from connections.equivalents.base import (
    PASSWORD_PLACEHOLDER,
    ConnectionSpec,
    Equivalent,
    Language,
    Tool,
)
from connections.equivalents.changing import deleting, editing, rotating
from connections.equivalents.creating import creating
from connections.equivalents.encrypting import encrypting
from connections.equivalents.granting import granting
from connections.equivalents.querying import querying
from connections.equivalents.sharing import sharing

__all__ = [
    "PASSWORD_PLACEHOLDER",
    "ConnectionSpec",
    "Equivalent",
    "Language",
    "Tool",
    "creating",
    "deleting",
    "editing",
    "encrypting",
    "granting",
    "querying",
    "rotating",
    "sharing",
]
