from django.db import migrations, models


def name_the_operation(apps, schema_editor):
    """Each row belongs to the newest operation that was to make it; what was taken over belongs to none."""
    Connection = apps.get_model("connections", "Connection")
    Operation = apps.get_model("portal", "Operation")
    made = Operation.objects.filter(task="connections.create").order_by("created_at")
    for operation in made.only("parameters"):
        rows = Connection.objects.filter(pk=operation.parameters.get("connection"), adopted_at=None)
        rows.update(created_by_operation=str(operation.pk))


class Migration(migrations.Migration):

    dependencies = [
        ("connections", "0004_key_report"),
        ("portal", "0003_rights_and_replacements"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="created_by_operation",
            field=models.CharField(blank=True, max_length=36),
        ),
        migrations.RunPython(name_the_operation, migrations.RunPython.noop, elidable=True),
    ]
