"""The secrets of second factors, which were kept in the clear, are sealed."""

from django.db import migrations

from portal.people.sealing import seal


def seal_all(apps, editor):
    for factor in apps.get_model("mfa", "Authenticator").objects.all():
        clear = {name: factor.data[name] for name in ("secret", "seed") if name in factor.data}
        codes = factor.data.get("migrated_codes")
        if clear or codes:
            factor.data |= {name: seal(value) for name, value in clear.items()}
            if codes:
                factor.data["migrated_codes"] = [seal(code) for code in codes]
            factor.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0004_audit_guard_replace"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [migrations.RunPython(seal_all)]
