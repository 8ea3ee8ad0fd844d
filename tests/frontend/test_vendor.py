"""The vendored files are those that the checksum list names, and none is used that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from pytest_django.fixtures import Settings

from portal import context
from portal.templatetags import console
from tools import vendor

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STATIC = ROOT / "static"
ICON_TAG = re.compile(r"{% icon \"([\w-]+)\"")
ICON_ARGUMENT = re.compile(r"symbol=\"([\w-]+)\"")
STATIC_TAG = re.compile(r"{% static ['\"]([^'\"]+)['\"]")
CSS_URL = re.compile(r"url\([\"']?([^\"')]+)[\"']?\)")


def sprite_names() -> set[str]:
    return set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "vendor/icons/sprite.svg").read_text()))


def icons_in_python() -> set[str]:
    tables = (console.STATUS_ICONS, console.STEP_ICONS, console.CALLOUT_ICONS)
    places = [place for group in context.PLACES for place in group] + list(context.ACCOUNT_PLACES)
    return (
        {name for table in tables for name in table.values()}
        | {icon for icon, _ in console.PRINCIPALS.values()}
        | {place.icon for place in places}
    )


def test_vendored_files_match_their_checksums() -> None:
    assert vendor.differences() == []


def test_a_changed_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.css").write_text("a{}")
    monkeypatch.setattr(vendor, "VENDOR", tmp_path)
    monkeypatch.setattr(vendor, "CHECKSUMS", tmp_path / "CHECKSUMS.sha256")
    vendor.write_checksums()
    assert vendor.differences() == []
    (tmp_path / "one.css").write_text("b{}")
    assert vendor.differences() == ["one.css: differs"]


def test_every_icon_is_in_the_sprite() -> None:
    named = {
        name
        for path in TEMPLATES
        for pattern in (ICON_TAG, ICON_ARGUMENT)
        for name in pattern.findall(path.read_text())
    }
    scripted = {
        name for path in (STATIC / "js").glob("*.js") for name in re.findall(r'"#([\w-]+)"', path.read_text())
    }
    assert named
    assert (named | scripted | icons_in_python()) - sprite_names() == set()


def test_every_static_file_that_a_template_names_exists() -> None:
    named = {name for path in TEMPLATES for name in STATIC_TAG.findall(path.read_text())}
    assert {name for name in named if not finders.find(name)} == set()


def test_every_address_in_a_stylesheet_resolves() -> None:
    broken = [
        (path.name, url)
        for path in STATIC.rglob("*.css")
        for url in CSS_URL.findall(path.read_text())
        if not url.startswith(("data:", "#")) and not (path.parent / url).resolve().is_file()
    ]
    assert broken == []


def test_our_stylesheet_has_no_data_address() -> None:
    assert "data:" not in (STATIC / "css/console.css").read_text()


def test_the_product_collects_its_static_files(settings: Settings, tmp_path: Path) -> None:
    """The storage that hashes names fails on any address in a stylesheet that leads nowhere."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    settings.STATIC_ROOT = str(tmp_path)
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").is_file()
