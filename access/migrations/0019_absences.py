from django.db import migrations, models


def rebuild(apps, editor):
    # With the code of today: nothing is kept that it could not make anew.
    if not apps.get_model("portal", "AuditEvent").objects.exists():
        return
    from access import holdings
    from portal import subjects

    holdings.rebuild()
    subjects.rebuild()


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0018_what_waits_by_digest"),
    ]

    operations = [
        migrations.AddField(
            model_name="holding",
            name="absences",
            field=models.JSONField(default=list),
        ),
        migrations.RunPython(rebuild, migrations.RunPython.noop),
    ]
