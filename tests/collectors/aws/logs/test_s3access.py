from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.aws.logs.s3access import S3AccessRecord, decode_line
from collectors.model.log_records import UndecodableRecordError

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"


def line(
    *,
    requester: str = "arn:aws:iam::111122223333:user/j.keller",
    operation: str = "REST.GET.OBJECT",
    key: str = "2026/report%2Bfinal.pdf",
    uri: str = '"GET /invoices/2026/report+final.pdf?versionId=v1 HTTP/1.1"',
    status: str = "200 -",
    quoted: str = '"https://portal.example.com/" "curl/8.5.0"',
    later: str = "v1 hOsTiD+/= SigV4 TLS_AES_128_GCM_SHA256 AuthHeader invoices.s3.eu-central-1.amazonaws.com TLSv1.3",
    more: str = " arn:aws:s3:eu-central-1:111122223333:accesspoint/ap Yes us-east-1",
) -> bytes:
    return (
        f"{OWNER} invoices [04/Mar/2026:09:15:30 +0100] 198.51.100.24 {requester} 3E57427F3EXAMPLE {operation} {key} "
        f"{uri} {status} 2326 2326 70 10 {quoted} {later}{more}"
    ).encode()


def test_every_field() -> None:
    record = decode_line(line())
    assert record.bucket_owner == OWNER
    assert record.bucket == "invoices"
    assert record.time == "2026-03-04T08:15:30Z"
    assert record.remote_ip == "198.51.100.24"
    assert record.requester == "arn:aws:iam::111122223333:user/j.keller"
    assert record.request_id == "3E57427F3EXAMPLE"
    assert record.operation == "REST.GET.OBJECT"
    assert record.key == "2026/report%2Bfinal.pdf"
    assert record.request_uri == "GET /invoices/2026/report+final.pdf?versionId=v1 HTTP/1.1"
    assert (record.http_status, record.error_code) == (200, None)
    assert (record.bytes_sent, record.object_size, record.total_time, record.turn_around_time) == (2326, 2326, 70, 10)
    assert (record.referrer, record.user_agent) == ("https://portal.example.com/", "curl/8.5.0")
    assert (record.version_id, record.host_id, record.signature_version) == ("v1", "hOsTiD+/=", "SigV4")
    assert (record.cipher_suite, record.authentication_type) == ("TLS_AES_128_GCM_SHA256", "AuthHeader")
    assert (record.host_header, record.tls_version) == ("invoices.s3.eu-central-1.amazonaws.com", "TLSv1.3")
    assert record.access_point_arn == "arn:aws:s3:eu-central-1:111122223333:accesspoint/ap"
    assert (record.acl_required, record.source_region, record.further) == ("Yes", "us-east-1", ())
    assert record.anonymous is False
    assert record.whole() == line().decode()


def test_a_requester_of_minus_is_nobody() -> None:
    record = decode_line(line(requester="-"))
    assert record.requester is None
    assert record.anonymous is True
    assert record.tree("anonymous") is True


def test_what_s3_does_by_itself_is_not_anonymous() -> None:
    record = decode_line(line(requester="-", operation="S3.EXPIRE.OBJECT", uri='"-"', status="- -", quoted='"-" "-"'))
    assert record.anonymous is False
    assert (record.request_uri, record.http_status, record.referrer, record.user_agent) == (None, None, None, None)


@pytest.mark.parametrize(
    ("later", "more", "further"),
    [
        ("-", "", ()),
        ("- hOsTiD", "", ()),
        ("- hOsTiD SigV4 - AuthHeader host TLSv1.3", "", ()),
        ("- hOsTiD SigV4 - AuthHeader host TLSv1.3", " - -", ()),
        ("- hOsTiD SigV4 - AuthHeader host TLSv1.3", " - - us-east-1 new newer", ("new", "newer")),
    ],
)
def test_older_and_newer_lines(later: str, more: str, further: tuple[str, ...]) -> None:
    record = decode_line(line(later=later, more=more))
    assert record.user_agent == "curl/8.5.0"
    assert record.further == further


def test_the_oldest_lines_end_with_the_user_agent_or_before() -> None:
    whole = line(later="", more="").decode().rstrip()
    assert decode_line(whole.encode()).user_agent == "curl/8.5.0"
    assert decode_line(whole.removesuffix(' "curl/8.5.0"').encode()).referrer == "https://portal.example.com/"


@pytest.mark.parametrize(
    "agent",
    [
        'evil" 200 - 1 1 1 1 "x',
        'a "quoted" word',
        '"',
        'x" - hOsTiD SigV2 - QueryString other TLSv1 "y',
        "",
    ],
)
def test_quotes_in_the_user_agent_do_not_move_what_follows(agent: str) -> None:
    record = decode_line(line(quoted=f'"-" "{agent}"'))
    assert record.http_status == 200
    assert (record.user_agent or "") == agent
    assert record.signature_version == "SigV4"
    assert record.host_header == "invoices.s3.eu-central-1.amazonaws.com"


def test_quotes_in_the_request_line() -> None:
    record = decode_line(line(uri='"GET /invoices/a"b HTTP/1.1"'))
    assert record.request_uri == 'GET /invoices/a"b HTTP/1.1'
    assert record.http_status == 200


@pytest.mark.parametrize("quoted", ['- "curl/8.5.0"', '"-" "curl/8.5.0"'])
def test_an_absent_referrer(quoted: str) -> None:
    record = decode_line(line(quoted=quoted))
    assert (record.referrer, record.user_agent) == (None, "curl/8.5.0")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"a b c",
        line()[:120],
        line().replace(b"04/Mar/2026", b"45/Mar/2026"),
        line().replace(b" 200 ", b" ok "),
        line(quoted='"-" "x"y'),
    ],
)
def test_what_is_no_such_line_is_refused(content: bytes) -> None:
    with pytest.raises(UndecodableRecordError, match="S3 server access log"):
        decode_line(content)


@given(st.text(alphabet=st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=60))
def test_whatever_a_user_agent_holds_the_rest_stands(agent: str) -> None:
    record = decode_line(line(quoted=f'"-" "{agent}"'))
    assert record.tls_version == "TLSv1.3"


@given(st.text(max_size=200))
def test_any_text_is_a_record_or_refused(text: str) -> None:
    try:
        assert isinstance(decode_line(text.encode()), S3AccessRecord)
    except UndecodableRecordError as refused:
        assert str(refused)  # noqa: PT017 - either outcome is one
