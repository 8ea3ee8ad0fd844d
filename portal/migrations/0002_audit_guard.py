"""The database refuses changes of the audit trail."""

from django.db import migrations

from portal import audit_guard


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial")]
    operations = [
        migrations.RunPython(
            lambda apps, editor: audit_guard.install(editor.connection),
            lambda apps, editor: audit_guard.remove(editor.connection),
        )
    ]
