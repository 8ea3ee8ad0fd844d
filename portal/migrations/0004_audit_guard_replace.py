"""Databases from before get the trigger that refuses INSERT OR REPLACE; new ones have it already."""

from django.db import migrations

from portal import audit_guard


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_rights_and_replacements")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: audit_guard.install(editor.connection),
            migrations.RunPython.noop,
        )
    ]
