"""Protocol buffers on the wire, held against Google's own implementation."""

from __future__ import annotations

import google.cloud.alloydb_connectors_v1.proto.resources_pb2 as connectors
import pytest
from google.cloud.alloydb_v1beta import GenerateClientCertificateResponse
from hypothesis import given
from hypothesis import strategies as st

from emulator.proto import binary

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(TEXT, st.lists(TEXT, max_size=4), TEXT)
def test_what_is_written_google_reads(one: str, several: list[str], three: str) -> None:
    raw = binary.encode({1: one, 2: several, 3: three})
    read = GenerateClientCertificateResponse.deserialize(raw)
    found = (read.pem_certificate, list(read.pem_certificate_chain), read.ca_cert)
    assert found == (one, several, three)


@given(TEXT, st.sampled_from([0, 1, 2]), TEXT)
def test_what_google_writes_is_read(agent: str, kind: int, token: str) -> None:
    request = connectors.MetadataExchangeRequest(user_agent=agent, auth_type=kind, oauth2_token=token)
    fields = binary.decode(request.SerializeToString())
    found = (binary.text(fields, 1), binary.number(fields, 2), binary.text(fields, 3))
    assert found == (agent, kind, token)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        fields = binary.decode(raw)
        binary.text(fields, 3)
        binary.number(fields, 2)
    except binary.Malformed:
        pass


@pytest.mark.parametrize("raw", [b"\x80", b"\x0a\x05ab", b"\x0b", b"\x0d\x01", b"\xff" * 11])
def test_what_has_no_end_is_refused(raw: bytes) -> None:
    with pytest.raises(binary.Malformed):
        binary.decode(raw)
