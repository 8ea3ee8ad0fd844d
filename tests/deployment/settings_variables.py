"""Which environment variables portal/settings.py reads."""

from __future__ import annotations

import ast

from tests.support.processes import REPOSITORY

# Read by Google's own library, not by the settings.
GOOGLE_LIBRARY = {"GOOGLE_APPLICATION_CREDENTIALS"}


def settings_variables() -> set[str]:
    """Return the names in every `env.KIND("NAME", ...)` of the settings."""
    tree = ast.parse((REPOSITORY / "portal" / "settings.py").read_text())
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }
