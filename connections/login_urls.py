"""Addresses of database instances and of logging in there: part of connections.urls."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from connections.views import (
    check_login,
    connect,
    end_login,
    instance,
    instance_acts,
    instances,
    troubleshoot,
)


class InstanceNameConverter(StringConverter):
    """A database instance's full name, as its resource's address."""

    regex = r"projects/[^/\0]+/(?:locations/[^/\0]+/clusters/[^/\0]+/)?instances/[^/\0]+"


register_converter(InstanceNameConverter, "instance_name")

urlpatterns = [
    path("databases/", instances.instances, name="instances"),
    path("databases/logins/<int:pk>/end/", end_login.end_login, name="end_login"),
    path("databases/logins/<int:pk>/restore/", instance_acts.restore_login, name="restore_login"),
    path("databases/<instance_name:full_name>/", instance.instance, name="instance"),
    path("databases/<instance_name:full_name>/refresh/", instance_acts.refresh, name="refresh_instance"),
    path("databases/<instance_name:full_name>/clean/", instance_acts.clean, name="clean_instance"),
    path("databases/<instance_name:full_name>/connect/", connect.connect, name="connect"),
    path("databases/<instance_name:full_name>/check/", check_login.check_login, name="check_login"),
    path("databases/<instance_name:full_name>/troubleshoot/", troubleshoot.troubleshoot, name="troubleshoot"),
    path("databases/<instance_name:full_name>/alerts/", troubleshoot.read_alerts, name="read_alerts"),
]
