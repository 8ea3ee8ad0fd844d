from django.db import migrations, models


class Migration(migrations.Migration):
    # What comparisons found before is in the trail: `manage.py rebuild_holdings` reads it.

    dependencies = [
        ("access", "0018_what_waits_by_digest"),
    ]

    operations = [
        migrations.AddField(
            model_name="holding",
            name="absences",
            field=models.JSONField(default=list),
        ),
    ]
