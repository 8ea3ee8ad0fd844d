"""Certificates: an authority for each AlloyDB cluster and Cloud SQL instance, made when first needed.

Google's documentation: Cloud SQL has a server CA for each instance and signs ephemeral client certificates of
one hour; AlloyDB has a CA for each cluster.
"""

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
_SKEW = timedelta(minutes=5)  # clocks differ
_YEARS = timedelta(days=3650)


def pem(certificate: x509.Certificate) -> str:
    """A certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Google emulator"),
            x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
        ]
    )


def read_public_key(text: str) -> PublicKey:
    """A public key in PEM form. Raises ValueError for anything else."""
    key = serialization.load_pem_public_key(text.encode())
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise ValueError("the key is neither RSA nor of an elliptic curve")
    return key


@dataclass
class Authority:
    """A certificate authority, made anew unless key and certificate are given."""

    title: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    given: x509.Certificate | None = None
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        self.certificate = self.given or self._own()

    def _own(self) -> x509.Certificate:
        builder = self._builder(self.title, self.key.public_key(), _YEARS)
        return (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_KEY_USAGE, critical=True)
            .sign(self.key, hashes.SHA256())
        )

    def _builder(self, common: str, key: PublicKey, lifetime: timedelta) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        own, theirs = self.key.public_key(), x509.SubjectKeyIdentifier.from_public_key(key)
        return (
            x509.CertificateBuilder()
            .subject_name(_name(common))
            .issuer_name(_name(self.title))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + lifetime)
            .add_extension(theirs, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own), critical=False)
        )

    def client(self, key: PublicKey, common: str, lifetime: timedelta) -> x509.Certificate:
        """A client's certificate."""
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = self._builder(common, key, lifetime).add_extension(usage, critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def server(self, common: str, *addresses: str) -> tuple[str, str]:
        """A server's certificate for IP addresses, and its private key, in PEM form."""
        key = ec.generate_private_key(ec.SECP256R1())
        found = [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        builder = self._builder(common, key.public_key(), _YEARS).add_extension(
            x509.SubjectAlternativeName([*found, x509.DNSName("localhost")]), critical=False
        )
        return pem(builder.sign(self.key, hashes.SHA256())), _key_pem(key)


_KEY_USAGE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def kept(title: str, file: Path) -> Authority:
    """The authority whose certificate is in `file` and whose key is beside it; made if there is none.

    A client reads the roots that it trusts once, so they had better stay when the emulator starts again.
    Raises FileExistsError if `file` holds what no authority made here: it may be what a whole machine trusts.
    """
    key_file = file.with_suffix(".key")
    if file.exists() and key_file.exists():
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return Authority(title, key, x509.load_pem_x509_certificate(file.read_bytes()))
    made = Authority(title)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8") as opened:
        opened.write(pem(made.certificate))
    key_file.touch(mode=0o600)
    key_file.write_text(_key_pem(made.key), encoding="utf-8")
    return made


@dataclass
class Authorities:
    """All authorities, by the name of what they are for."""

    made: dict[str, Authority] = field(default_factory=dict)

    def of(self, name: str) -> Authority:
        """The authority of a cluster or instance (a name with the project's number)."""
        if name not in self.made:
            self.made[name] = Authority(f"{name.rsplit('/', 1)[-1]} CA")
        return self.made[name]
