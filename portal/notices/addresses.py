"""Which webhook addresses are allowed, so that nobody makes the portal knock on its own network's doors.

Two looks: at the text when it is entered, without the network; and at every address that the name leads to
at the moment of sending, which is then the one that is connected to (a name may change in between).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings

from portal.notices.outcomes import NotSentError, RejectedError

_LONGEST = 2000
NO_ADDRESS = "This is not an address."
NOT_HTTPS = "Enter an address that begins with https://."
NOT_PUBLIC = "This address is not on the public internet."
# All that IANA has given out of IPv6; the rest is old, local, or an IPv4 address in disguise.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_EMBEDDED_IPV4 = ipaddress.ip_network("64:ff9b::/96")


def problem(url: str) -> str:
    """Return what is wrong with a webhook's address as text, or nothing."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return NO_ADDRESS
    if len(url) > _LONGEST or not host or any(not "!" <= sign <= "~" for sign in url):
        return NO_ADDRESS
    private = settings.WEBHOOKS_IN_PRIVATE_NETWORKS
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        return NOT_HTTPS
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "An address with a user name, a password or a # cannot be used."
    return "" if private or not _is_private_name(host) else NOT_PUBLIC


def resolve(host: str, port: int) -> Sequence[tuple[socket.AddressFamily, str]]:
    """Return where a host can be reached. Raises NotSentError, RejectedError if any address is not public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSentError("The webhook's host has no address.") from error
    addresses = [(family, str(address[0])) for family, _, _, _, address in found]
    if not settings.WEBHOOKS_IN_PRIVATE_NETWORKS and not all(is_public(ip) for _, ip in addresses):
        raise RejectedError("The webhook's host leads into a private network.")
    return addresses


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the public internet, also one that is written inside another."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _EMBEDDED_IPV4:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if address not in _GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast


def _is_private_name(host: str) -> bool:
    """Whether a name says by itself that it is not public: localhost, numbers, a name without a dot."""
    try:
        return not is_public(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2].lower()
        inner = last in {"localhost", "local", "internal", "localdomain", "home", "lan"}
        return inner or "." not in host.rstrip(".") or last.isdecimal() or last.startswith("0x")
