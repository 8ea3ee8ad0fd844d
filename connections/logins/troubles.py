"""What the messages of a refused login mean, in English and Japanese, and what to do. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connections.logins.trouble_rules import RULES, Mend

_NAMED = re.compile(
    r"(?:the (?P<role>(?:roles|projects)/[\w./-]*[\w-]) role)"
    r"|(?:[Pp]ermissions?[ :'\"]+|with the )(?P<permission>[a-z]+\.[a-zA-Z]+\.[a-zA-Z]+)"
)
_JAPANESE_GAP = re.compile(r"(?<=[\u3040-\u30ff\u4e00-\u9fff])\s+|\s+(?=[\u3040-\u30ff\u4e00-\u9fff])")
# Google's access tokens, and what follows the words that announce one.
_TOKEN = re.compile(r"ya29\.[\w.~+/-]+=*|(?<=access_token=)[^\s&\"']+|(?<=Bearer )[\w.~+/-]{20,}=*")
HIDDEN = "[hidden]"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A recognised message: a stable code, its cause, what to do, and what mends it.

    `named` is the role or permission that the message names, if it names one.
    """

    code: str
    cause: str
    fix: str
    mend: Mend
    named: str = ""


def recognise(message: str) -> Trouble | None:
    """Recognise a log line or an error message.

    Args:
        message: as it was pasted; case, line breaks and words around it do not matter.

    Returns:
        What it means, or None for a message that is not known.
    """
    plain = " ".join(message.split())
    plain = _JAPANESE_GAP.sub("", plain)
    for rule in RULES:
        if rule.pattern.search(plain):
            return Trouble(rule.code, rule.cause, rule.fix, rule.mend, _named(plain))
    return None


def without_tokens(text: str) -> str:
    """The text without access tokens, which people paste along with a message."""
    return _TOKEN.sub(HIDDEN, text)


def _named(text: str) -> str:
    found = _NAMED.search(text)
    return (found["role"] or found["permission"]) if found else ""
