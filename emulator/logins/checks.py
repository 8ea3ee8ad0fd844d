"""Whether somebody with a token may log in to an instance, and as whom."""

from dataclasses import dataclass

from emulator import tokens
from emulator.iam import access, members
from emulator.logins import principals, products
from emulator.logins.instances import Instance
from emulator.logins.products import ALLOYDB, Need
from emulator.model import Token, World


class Refused(Exception):
    """A login is refused. `sentence` is for the log, `fatal` what PostgreSQL says, `code` its SQLSTATE."""

    def __init__(self, sentence: str, fatal: str, code: str = "28000") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.fatal = fatal
        self.code = code


@dataclass(frozen=True)
class Gate:
    """The door of one instance at one moment."""

    world: World
    instance: Instance
    moment: float

    def _holds(self, token: Token, need: Need) -> bool:
        member = members.member_of(token.email)
        resource = f"projects/{self.instance.project.number}"
        return access.allowed(self.world, member, need.permission, resource, self.moment)

    def token(self, text: str) -> Token | None:
        """What a token stands for, if it is valid now."""
        return tokens.look_up(self.world, text, self.moment)

    def complaint(self, token: Token | None, needs: tuple[Need, ...]) -> str | None:
        """The sentence about the first thing that is wrong with a token, apart from whose it is."""
        product = self.instance.product
        if token is None or token.expires <= self.moment:
            return products.INVALID
        if not product.scopes.intersection(token.scopes):
            return products.SCOPES
        for need in needs:
            if not self._holds(token, need):
                return need.sentence(self.instance.project.project_id)
        return None

    def is_iam(self, user: str) -> bool:
        """Whether the database user logs in with IAM."""
        return self.instance.user_type(self.world, user) in self.instance.product.types

    def admit(self, user: str, token: Token | None) -> None:
        """Let `token` log in as `user`. Raises Refused."""
        product = self.instance.product
        complaint = self.complaint(token, product.needs)
        if complaint is None and token and principals.database_user(token.email) != user:
            complaint = products.MISMATCH
        if complaint is not None:
            raise Refused(complaint if product is ALLOYDB else product.fatal(user), product.fatal(user))
        if not self.instance.flag():
            raise Refused(products.FLAG_OFF, products.FLAG_OFF)
        if not self.is_iam(user):
            fatal = f'password authentication failed for user "{user}"'
            raise Refused(fatal, fatal, "28P01")
