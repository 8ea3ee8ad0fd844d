"""What the trail told already becomes holdings and subjects: since 0013 that is done there."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("access", "0007_holdings"), ("portal", "0007_trail_index")]
    operations = []
