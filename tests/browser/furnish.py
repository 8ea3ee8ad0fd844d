"""Fill a running portal with the longest and most hostile values that it takes, for pages to cope with.

Run by tour.py as a program in the portal's environment. Prints JSON: the arguments of addresses that need
some, and for each person the key of a session in which they have just proved who they are.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.test import Client

from access.approval import versions
from access.approval.document import PolicyDocument
from access.approval.parts import Approvers, Exempt, Step
from access.models import CONNECTION_ADMIN, CONNECTION_USER, Resource
from connections.services.create import NewConnection, request_create
from portal.models import ADMINISTRATOR, AUDITOR, Project, User
from portal.people import services as people
from tests.browser import furnish_grants, furnish_notices, furnish_requests
from tests.browser.pages import DATABASE_PASSWORD, INSTANCE, PROJECT

HOSTILE = "<script>alert(1)</script><b>&amp;\"'"
LONGEST_WORD = "x" * 63
LONG_ID = "longest_" + "o" * 55
FAILED_ID = "failed_" + "o" * 56
LONG_EMAIL = f"{'ana-maria.' * 5}w@{'department.' * 5}example.com"
POOL = "principalSet://iam.googleapis.com/projects/528461093377/locations/global/workloadIdentityPools"
PRINCIPALS = (
    f"user:{LONG_EMAIL}",
    "user:analyst@example.com",
    f"serviceAccount:{'loader-' * 4}x@{'project-' * 3}y.iam.gserviceaccount.com",
    f"{POOL}/{'pool-' * 6}x/attribute.department/{'finance-' * 8}x",
    "group:everybody-who-may-see-the-orders-of-all-shops@example.com",
)


def main() -> None:
    """Make people, connections and an invitation; print where they are."""
    admin = User.objects.get(email="admin@example.com")
    owner = User.objects.get(email="owner@example.com")
    long_named = person(LONG_EMAIL, f"{HOSTILE} {LONGEST_WORD}"[:140], ADMINISTRATOR, AUDITOR)
    secured = person("secured@example.com", "Second Factor")
    TOTP.activate(secured, generate_totp_secret())
    RecoveryCodes.activate(secured)
    key = Authenticator.objects.create(
        user=secured,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": HOSTILE + LONGEST_WORD[:40], "credential": {}, "passwordless": True},
    )
    address, _ = EmailAddress.objects.get_or_create(user=secured, email=f"new.{LONG_EMAIL}")
    operations = {
        name: request_create(connection(name, long_named, owner), password, by=admin)
        for name, password in ((LONG_ID, DATABASE_PASSWORD), (FAILED_ID, "wrong"))
    }
    approval_policies(LONG_ID, by=admin)
    longest = Resource.objects.get(full_name=f"projects/{PROJECT}/locations/us/connections/{LONG_ID}")
    analyst, words = User.objects.get(email="analyst@example.com"), f"{HOSTILE} {LONGEST_WORD * 2}"
    _, link = people.invite(f"invited.{LONG_EMAIL}", [ADMINISTRATOR, AUDITOR], by=admin)
    everybody = ("admin", "owner", "analyst", "auditor", "secured")
    print(
        json.dumps(
            {
                "connections": [LONG_ID, FAILED_ID],
                "operations": [str(operation.pk) for operation in operations.values()],
                "people": [admin.pk, long_named.pk],
                "invitation": link.rstrip("/").rpartition("/")[2],
                "reset": [user_pk_to_url_str(secured), default_token_generator.make_token(secured)],
                "confirmation": EmailConfirmationHMAC(address).key,
                "passkey": key.pk,
                "requests": furnish_requests.requests(longest, analyst, owner, words),
                # Administrators are shown every page: the template is one of theirs.
                "template": furnish_requests.template(longest, admin, words),
                "channel": furnish_notices.channel(admin, words),
                "token": furnish_notices.token(admin, words),
                "grant": furnish_grants.grant(longest, words),
                "drift": furnish_grants.drift(longest, words, by=admin),
                "login": furnish_grants.login(
                    Project.objects.get(project_id=PROJECT), f"user:{LONG_EMAIL}", words, owner=owner
                ),
                "review": furnish_notices.review(longest, admin, words),
                "sessions": {who: session(f"{who}@example.com") for who in everybody},
            }
        )
    )


def person(email: str, name: str, *roles: str) -> User:
    """Make somebody who has an address and roles."""
    user: User = User.objects.create_user(email, "correct-horse-battery", first_name=name)
    user.groups.set(Group.objects.filter(name__in=roles))
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def connection(name: str, *owners: User) -> NewConnection:
    """Describe a connection at great length."""
    return NewConnection(
        project=Project.objects.get(project_id=PROJECT),
        location="us",
        connection_id=name,
        kind="alloydb",
        properties={"database": "orders", "username": "bq_reader", "instance": INSTANCE},
        friendly_name=f"{HOSTILE} {LONGEST_WORD} {name}"[:200],
        description=f"{HOSTILE} {'Orders of all shops. ' * 90}{LONGEST_WORD * 2}"[:2000],
        share=tuple(
            (member, CONNECTION_ADMIN if place % 2 else CONNECTION_USER)
            for place, member in enumerate(PRINCIPALS)
        ),
        owners=owners,
    )


def approval_policies(name: str, *, by: User) -> None:
    """Give a connection two versions of an approval policy, and labels."""
    resource = Resource.objects.get(full_name=f"projects/{PROJECT}/locations/us/connections/{name}")
    labels = {f"label-{'x' * 50}": "y" * 63}
    Resource.objects.filter(pk=resource.pk).update(labels=labels)
    approvers = Approvers(owners=True, groups=(AUDITOR,), people=(LONG_EMAIL, "owner@example.com"))
    steps = tuple(Step(approvers, needed) for needed in (1, 2, 3))
    exempt = Exempt((AUDITOR,), (LONG_EMAIL,), (PRINCIPALS[3],), tuple(labels.items()))
    long = PolicyDocument(
        steps=steps, without_approval=exempt, ticket="optional", ticket_pattern="[A-Z]+-[0-9]+"
    )
    for document in (PolicyDocument(), long):
        versions.save_version(resource, document, by=by, comment=f"{HOSTILE} {LONGEST_WORD * 3}")


def session(email: str) -> str:
    """Sign somebody in who has just confirmed that it is them; return the session's key."""
    client = Client()
    client.force_login(User.objects.get(email=email))
    store = client.session
    record: dict[str, Any] = {"method": "password", "at": time.time(), "reauthenticated": True}
    store["account_authentication_methods"] = [record]
    store.save()
    return str(store.session_key)


if __name__ == "__main__":
    main()
