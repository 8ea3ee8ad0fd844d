"""One try to log in, looked at piece by piece. Asks Google; keeps its tokens in memory only."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from django.views.decorators.debug import sensitive_variables

from connections.logins import at_google
from connections.logins.names import NoSuchUserError, login_of
from connections.logins.products import RULES, Product, is_on
from connections.logins.roles import Way, needed
from connections.logins.troubles import recognise
from connections.models import DatabaseInstance
from portal import clock, secrets
from portal.gcp import errors, login_tokens, logins, tokens
from portal.gcp.login_tokens import ALLOYDB_LOGIN, CLOUD_PLATFORM, CLOUD_SQL_ADMIN, CLOUD_SQL_LOGIN, TokenInfo
from portal.gcp.logins import Door, LoginFailed, Stage, Tokens
from portal.models import Operation
from portal.runs import RefusedError

LIFETIME_SECONDS = 300
NOT_KEPT = "The token is no longer kept."
PASTE_ANEW = "It is kept for one check and 15 minutes at most: begin a new check with a new token."
PASTE_ALL = "Get a new token as How to connect shows, and paste all of it."
LOOK_IT_UP = "Look the message up, or paste it into Troubleshoot without names of your own."
ENCRYPTED = "Both sides proved who they are with certificates."


class Attempt:
    """What `operation` asks for. Each public method says what it found, or raises RefusedError.

    `lend` returns the portal's account for a certificate, or raises RefusedError: see lending.lend().
    """

    def __init__(self, instance: DatabaseInstance, operation: Operation, lend: Callable[[], str]) -> None:
        self.instance = instance
        self.lend = lend
        self.operation = operation
        self.asked = operation.parameters
        self.alloydb = instance.kind is Product.ALLOYDB
        self.login_scope = ALLOYDB_LOGIN if self.alloydb else CLOUD_SQL_LOGIN

    def token_is_valid(self) -> str:
        """Ask tokeninfo."""
        minutes = max(1, round((self._info.expires_at - clock.now()).total_seconds() / 60))
        whose = self._email or "somebody whom its scopes do not let Google name"
        return f"A token of {whose}, good for {minutes} more minute{'s' if minutes > 1 else ''}."

    def scopes_are_enough(self) -> str:
        """The login scope, or cloud-platform."""
        good = {self.login_scope, CLOUD_PLATFORM}
        short = [scope.rpartition("/")[2] for scope in sorted(self._info.scopes)]
        if not good & self._info.scopes:
            wanted = " or ".join(sorted(scope.rpartition("/")[2] for scope in good))
            said = f"Request had insufficient scopes: it has {', '.join(short) or 'none'} and not {wanted}."
            raise RefusedError(said, f"Get a token with the scope {wanted}, as How to connect shows.")
        return f"It has {', '.join(short)}."

    def principal_is_the_user(self) -> str:
        """A token logs in as its own account's database user, and as nobody else."""
        user = self.asked["user"]
        if not self._email:
            return f"The token does not tell whose it is: that it is {user}'s will show at the login."
        try:
            own = login_of(self._member, self.instance.kind).name
        except NoSuchUserError as reason:
            raise RefusedError(str(reason), "Log in as a person or a service account.") from None
        if own != user:
            raise RefusedError(
                f"IAM principal does not match database user: the token is {self._email}'s, which is {own}.",
                f"Log in as {own}, or with a token of {user}.",
            )
        return f"{self._email} logs in as {own}."

    def roles_are_there(self) -> str:
        """What the project's policy says of the account itself; a group may carry a role too."""
        if not self._email:
            return "Nobody to look for: the token does not tell whose it is."
        roles = needed(self.instance.kind, Way.CONNECTOR)
        try:
            held = set(at_google.holders(self.instance, [self._member])[self._member])
        except errors.PermissionDenied as error:
            return f"The project's policy cannot be read, so the login will show: {error.message}"
        missing = [item.label for item in roles if item.role not in held]
        if missing:
            return f"Not seen on the account itself: {', '.join(missing)}. Perhaps a group has it."
        return f"It holds {', '.join(item.label for item in roles)}."

    def flag_is_on(self) -> str:
        """The instance's flag, as it is now."""
        seen = at_google.read(self.instance)
        if seen is None:
            raise RefusedError("Google does not have this instance any more.")
        flag = RULES[self.instance.kind].flag
        if not is_on(self.instance.kind, seen.flags):
            raise RefusedError(
                f"IAM authentication is not enabled: the flag {flag} is not on.",
                f"Have an administrator of the instance run: {self.instance.turn_on}",
            )
        return f"{flag} is on."

    def passed(self, stage: Stage) -> str:
        """Log in, the first time that this is called, and say how the stage went."""
        failed = self._failure
        if failed and failed.stage is stage:
            trouble = recognise(failed.message)
            said = f"{trouble.cause} It says: {failed.message}" if trouble else failed.message
            said += f" It was asked for with {self._whose}." if stage is Stage.CERTIFICATE else ""
            raise RefusedError(said, trouble.fix if trouble else LOOK_IT_UP)
        if stage is Stage.LOGIN:
            return f"It let {self.asked['user']} in to {self.asked['database']}."
        if stage is Stage.CERTIFICATE:
            return f"An address and a client's certificate, by the official connector with {self._whose}."
        return ENCRYPTED if stage is Stage.TLS else f"It is {self._outcome}."

    @property
    def _failure(self) -> LoginFailed | None:
        return self._outcome if isinstance(self._outcome, LoginFailed) else None

    @cached_property
    def _outcome(self) -> str | LoginFailed:
        door = Door(
            alloydb=self.alloydb,
            instance=self.instance.resource.full_name if self.alloydb else self.instance.source_name,
            database=self.asked["database"],
            user=self.asked["user"],
            network=self.asked["network"],
        )
        try:
            return logins.log_in(door, Tokens(self._api_token, self._token, self._info.expires_at))
        except LoginFailed as failure:
            return LoginFailed(failure.stage, failure.message)

    @cached_property
    @sensitive_variables("found")
    def _token(self) -> str:
        """The token to log in with."""
        if self.asked["account"]:
            return self._of(self.asked["account"], self.login_scope)
        try:
            return secrets.open_sealed(operation=self.operation, **self.asked["credential"])
        except secrets.CredentialGoneError:
            raise RefusedError(NOT_KEPT, PASTE_ANEW) from None

    @cached_property
    def _api_token(self) -> str:
        """The token for the address and the certificate: the same account's, or else one that is lent."""
        if self.asked["account"]:
            return self._of(self.asked["account"], CLOUD_PLATFORM)
        if self._opens_the_api:
            return self._token
        return self._of(self._lent, CLOUD_PLATFORM)

    @cached_property
    def _lent(self) -> str:
        return self.lend()

    @property
    def _whose(self) -> str:
        """With whose right the certificate is fetched, in words."""
        if self.asked["account"]:
            return str(self.asked["account"])
        if self._opens_the_api:
            return "the token itself"
        return f"{self._lent}, which the portal lends: the token is good for logging in only"

    @property
    def _opens_the_api(self) -> bool:
        """Whether the pasted token is good for asking for a certificate, too."""
        good = {CLOUD_PLATFORM} if self.alloydb else {CLOUD_PLATFORM, CLOUD_SQL_ADMIN}
        return bool(good & self._info.scopes)

    @cached_property
    def _info(self) -> TokenInfo:
        found = login_tokens.info(self._token)
        if found is None:
            raise RefusedError(
                "Request had invalid authentication credentials: Google does not take this token. It is "
                "wrong, cut off, revoked, or older than its hour.",
                PASTE_ALL,
            )
        return found

    @property
    def _email(self) -> str:
        """Whose token it is. Google names nobody for a token without the userinfo.email scope."""
        return self._info.email or str(self.asked["account"])

    @property
    def _member(self) -> str:
        kind = "serviceAccount" if self._email.endswith(".gserviceaccount.com") else "user"
        return f"{kind}:{self._email}"

    def _of(self, account: str, scope: str) -> str:
        try:
            return tokens.generate_access_token(account, [scope], LIFETIME_SECONDS).token
        except errors.PermissionDenied as error:
            raise RefusedError(
                f"The portal may not make tokens of {account}: {error.message}",
                "Grant the portal's service account Service Account Token Creator "
                f"(roles/iam.serviceAccountTokenCreator) on {account}.",
            ) from None
