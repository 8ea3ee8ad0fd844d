"""Fetch the front-end files that we ship from their npm packages, and remake the checksum list.

    python tools/vendor.py            fetch everything again (needs npm), rewrite static/vendor/
    python tools/vendor.py --check    only compare static/vendor/ with its checksum list

To use another icon: add its Bootstrap Icons name to ICON_NAMES, in order, and run the script.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
CHECKSUMS = VENDOR / "CHECKSUMS.sha256"


@dataclass(frozen=True)
class Package:
    """One npm package: which of its files go where below static/vendor/."""

    name: str
    version: str
    licence: str
    files: dict[str, str] = field(default_factory=dict)


PACKAGES = (
    Package(
        "bootstrap",
        "5.3.9",
        "MIT",
        {"dist/css/bootstrap.min.css": "bootstrap/bootstrap.min.css", "LICENSE": "bootstrap/LICENSE"},
    ),
    Package(
        "bootstrap-icons",
        "1.13.2",
        "MIT",
        {"LICENSE": "icons/LICENSE"},
    ),
    Package(
        "htmx.org",
        "2.0.11",
        "0BSD",
        {"dist/htmx.min.js": "htmx/htmx.min.js", "LICENSE": "htmx/LICENSE"},
    ),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        {"files/inter-latin-wght-normal.woff2": "inter/inter-latin.woff2", "LICENSE": "inter/LICENSE"},
    ),
    Package(
        "@fontsource-variable/jetbrains-mono",
        "5.3.0",
        "OFL-1.1",
        {
            "files/jetbrains-mono-latin-wght-normal.woff2": "jetbrains-mono/jetbrains-mono-latin.woff2",
            "LICENSE": "jetbrains-mono/LICENSE",
        },
    ),
)

# The icons in the sprite: names of Bootstrap Icons.
ICON_NAMES = """
activity archive arrow-clockwise arrow-counterclockwise arrow-down arrow-down-up arrow-left arrow-repeat
arrow-right arrow-up at bell bookmark box-arrow-in-right box-arrow-right box-arrow-up-right boxes braces
bug building calendar-event card-checklist chat-left-text check-circle-fill check-lg chevron-down
chevron-left chevron-right circle circle-half clipboard clock clock-history cloud code-slash
compass copy cpu dash-circle dash-lg database database-add database-check diagram-3 display download
envelope exclamation-circle exclamation-triangle exclamation-triangle-fill eye eye-slash file-diff
file-earmark-text fingerprint folder2 funnel gear geo-alt globe google graph-up hash hdd-network
hourglass-split house inbox info-circle journal-check journal-text key keyboard layers life-preserver
lightning-charge link-45deg list list-check lock moon-stars pause-circle pencil people person
person-check person-circle person-gear person-plus person-x play-fill plug plus-lg qr-code
question-circle question-lg record-circle robot search send server share shield-check
shield-exclamation shield-lock signpost-split slash-circle sliders star stop-fill sun table
tag terminal three-dots-vertical toggle-on trash3 unlock upload wrench-adjustable x-circle
x-circle-fill x-lg x-octagon
"""


def main() -> int:
    if "--check" in sys.argv[1:]:
        problems = differences()
        print("\n".join(problems) or "static/vendor/ is as its checksum list says")
        return 1 if problems else 0
    for package in PACKAGES:
        fetch(package)
    write_readme()
    write_checksums()
    return 0


def fetch(package: Package) -> None:
    """Unpack the wanted files of one package; npm verifies what it downloads."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["npm", "pack", f"{package.name}@{package.version}", "--silent", "--pack-destination", folder],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            for source, target in package.files.items():
                content = member(archive, source)
                write(target, in_layer(content) if target.endswith(".css") else content)
            if package.name == "bootstrap-icons":
                write("icons/sprite.svg", sprite(archive))


def member(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(f"package/{name}")
    if stream is None:
        raise FileNotFoundError(name)
    return stream.read()


def in_layer(stylesheet: bytes) -> bytes:
    """Put a stylesheet into a cascade layer, below our own rules whatever their specificity.

    The pointer to a source map goes: we do not ship the map, and collectstatic would look for it.
    """
    bare = re.sub(rb"/\*# sourceMappingURL=\S+ \*/", b"", stylesheet.removeprefix(b'@charset "UTF-8";'))
    return b'@charset "UTF-8";@layer vendor{' + bare.strip() + b"}\n"


def sprite(archive: tarfile.TarFile) -> bytes:
    """One file with a <symbol> per icon, so that a page fetches them all once."""
    symbols = []
    for name in sorted(set(ICON_NAMES.split())):
        svg = member(archive, f"icons/{name}.svg").decode()
        inner = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
        body = re.sub(r"\s*\n\s*", "", inner)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 16 16" fill="currentColor">{body}</symbol>')
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def write(name: str, content: bytes) -> None:
    path = VENDOR / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_readme() -> None:
    rows = "\n".join(f"| {p.name} | {p.version} | {p.licence} |" for p in PACKAGES)
    text = f"""# Vendored front-end files

Taken from these npm packages by `python tools/vendor.py`; do not edit by hand.
The licence of each stands in its folder.

| package | version | licence |
|---|---|---|
{rows}

`icons/sprite.svg` holds those Bootstrap Icons that the script lists, one symbol each.
Bootstrap's rules are wrapped into the cascade layer `vendor`, so that console.css wins over them;
its pointer to a source map is cut off, because the map is not shipped.
`CHECKSUMS.sha256` names every file; `sha256sum -c CHECKSUMS.sha256` and a test hold them to it.
"""
    write("README.md", text.encode())


def sums() -> dict[str, str]:
    """The SHA-256 of every vendored file, by its path below static/vendor/."""
    files = sorted(path for path in VENDOR.rglob("*") if path.is_file() and path != CHECKSUMS)
    return {str(p.relative_to(VENDOR)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def write_checksums() -> None:
    CHECKSUMS.write_text("".join(f"{digest}  {name}\n" for name, digest in sums().items()))


def differences() -> list[str]:
    """What differs between the folder and the list; empty if nothing does."""
    lines = [line.split("  ", 1) for line in CHECKSUMS.read_text().splitlines()]
    listed = {name: digest for digest, name in lines}
    found = sums()
    names = sorted(listed.keys() | found.keys())
    return [f"{name}: differs" for name in names if listed.get(name) != found.get(name)]


if __name__ == "__main__":
    sys.exit(main())
