"""What the trail tells already becomes holdings and subjects."""

from django.db import migrations


def rebuild(apps, editor):
    # With the code of today: nothing is kept that it could not make anew.
    if not apps.get_model("portal", "AuditEvent").objects.exists():
        return
    from access import holdings
    from portal import subjects

    holdings.rebuild()
    subjects.rebuild()


class Migration(migrations.Migration):
    dependencies = [("access", "0007_holdings"), ("portal", "0007_trail_index")]
    operations = [migrations.RunPython(rebuild, migrations.RunPython.noop)]
