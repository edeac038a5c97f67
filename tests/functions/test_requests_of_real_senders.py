"""Requests as providers, proxies and shells send them: probes, gzip, forms, concatenated JSON, pages, CloudEvents."""

import asyncio
import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from functions.sender_site import FORM, SenderSite, build_open, encode, open_site
from unit.signatures.signers import NOW

from brain.testing.faulty_store import FaultyStore

PAIR = [build_open(1), build_open(2)]
LINES = b"".join(encode(event) + b"\n" for event in PAIR)
MEBIBYTE = 1024 * 1024


@pytest.fixture
def site() -> Iterator[SenderSite]:
    """A client's ingest URL."""
    with open_site() as opened:
        yield opened


@pytest.mark.parametrize("method", ["HEAD", "GET", "OPTIONS"])
@pytest.mark.parametrize("client", ["acme", "nobody"])
def test_a_url_is_probed_with_200_and_no_body_and_nothing_is_read(site: SenderSite, method: str, client: str) -> None:
    """Mandrill asks with HEAD, Mailchimp with GET, CloudEvents senders with OPTIONS before they save the URL."""
    site.brain.authenticator.store = store = FaultyStore(site.brain.store)
    answer = site.http.request(method, f"/ingest/v1/clients/{client}/events/email?secret=x")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (store.calls.total(), site.secrets.sender_reads) == (0, [])


def test_cloud_events_senders_get_the_permission_that_they_ask_for(site: SenderSite) -> None:
    """CloudEvents, "Web hook delivery", 4: without the header in the answer nothing is delivered."""
    url = "/ingest/v1/clients/acme/events/custom"
    answer = site.http.options(url, headers={"WebHook-Request-Origin": "eventemitter.example.com"})
    assert answer.headers["webhook-allowed-origin"] == "*"
    assert "POST" in answer.headers["allow"]


def test_other_methods_are_405(site: SenderSite) -> None:
    """With those that are allowed."""
    for method in ("PUT", "DELETE", "PATCH"):
        answer = site.http.request(method, "/ingest/v1/clients/acme/events/email")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip"])
def test_a_gzip_body_is_decompressed(site: SenderSite, coding: str) -> None:
    """Fluent Bit, Vector and OpenTelemetry compress; a body may have several members."""
    whole = encode(PAIR)
    members = gzip.compress(whole[:50]) + gzip.compress(whole[50:])
    assert site.post(members, Content_Encoding=coding).status_code == 201
    assert len(site.events()) == 2


def test_a_gzip_file_is_read_like_a_gzip_body(site: SenderSite) -> None:
    """Some send the file with its own content type."""
    assert site.post(gzip.compress(LINES), Content_Type="application/gzip").status_code == 201


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_another_content_encoding_is_415_and_says_which_is_accepted(site: SenderSite, coding: str) -> None:
    """Before anything is read."""
    answer = site.post(zlib.compress(encode(PAIR)), Content_Encoding=coding)
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip")
    assert answer.json()["code"] == "unsupported_encoding"
    assert site.events() == []


def test_a_decompression_bomb_is_413_and_is_never_expanded(site: SenderSite) -> None:
    """10 KiB that would become 10 GiB, and many members that would each be within the bound."""
    bomb = gzip.compress(b" " * (11 * MEBIBYTE))
    assert site.post(bomb, Content_Encoding="gzip").status_code == 413
    assert site.post(gzip.compress(b" " * MEBIBYTE) * 11, Content_Encoding="gzip").status_code == 413
    assert site.dead_letters() == []


@pytest.mark.parametrize("body", [gzip.compress(encode(PAIR))[:-9], b"not gzip", gzip.compress(b" ") * 65])
def test_a_gzip_body_that_is_cut_off_becomes_a_dead_letter(site: SenderSite, body: bytes) -> None:
    """With the bytes as they came."""
    answer = site.post(body, Content_Encoding="gzip")
    assert (answer.status_code, answer.json()["results"][0]["error_code"]) == (422, "unreadable_body")
    (letter,) = site.dead_letters()
    assert site.brain.sealer.open(letter.sealed) == body
    assert site.difference() == 0


FORMS = {
    "payload": b"payload=" + quote_plus(json.dumps(PAIR)).encode(),
    "data": b"token=t&data=" + quote_plus(json.dumps(PAIR)).encode(),
    "repeated": urlencode([("event", json.dumps(event)) for event in PAIR]).encode(),
    "json of curl": encode(PAIR),
    "lines of curl": LINES.replace(b"\n", b""),
    "a name alone": quote_plus(json.dumps(PAIR)).encode() + b"=",
}


@pytest.mark.parametrize("name", FORMS)
def test_json_in_a_form_is_read(site: SenderSite, name: str) -> None:
    """In a field, or as the whole body under the type that curl sends by default."""
    answer = site.post(FORMS[name], Content_Type=FORM)
    assert (answer.status_code, len(site.events())) == (201, 2), answer.text


def test_mandrills_events_in_a_form_are_read_and_its_test_makes_none(site: SenderSite) -> None:
    """The test of the webhook is an empty batch."""
    message = {"_id": "aa1", "email": "ines@example.org", "tags": ["autumn"]}
    event = {"event": "open", "ts": int(NOW.timestamp()) - 60, "_id": "aa1", "msg": message}
    form = urlencode({"mandrill_events": json.dumps([event])}).encode()
    assert site.post(form, Content_Type=FORM).json()["counts"]["stored"] == 1
    answer = site.post(b"mandrill_events=%5B%5D", Content_Type=FORM)
    assert (answer.status_code, answer.json()["counts"]["ignored"]) == (200, 1)


SHAPES = {
    "concatenated": LINES.replace(b"\n", b""),
    "on several lines each": b"".join(json.dumps(event, indent=1).encode() for event in PAIR),
    "text sequences": b"".join(b"\x1e" + encode(event) + b"\n" for event in PAIR),
    "two arrays": encode([PAIR[0]]) + encode([PAIR[1]]),
    "byte order mark": b"\xef\xbb\xbf" + encode(PAIR),
    "lines after a byte order mark": b"\xef\xbb\xbf" + LINES,
    "UTF-16": json.dumps(PAIR).encode("utf-16"),
    "carriage returns": LINES.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_documents_that_follow_each_other_are_read(site: SenderSite, name: str) -> None:
    """Firehose writes objects without a line break between them."""
    answer = site.post(SHAPES[name], Content_Type="text/plain")
    assert (answer.status_code, len(site.events())) == (201, 2), answer.text


@pytest.mark.parametrize("path", ["/ingest/v1/clients/acme/events/email/", "/ingest/v1/clients/acme/events/email"])
def test_a_body_in_chunks_at_a_url_with_a_slash_is_read_and_repeated_as_duplicate(site: SenderSite, path: str) -> None:
    """Chunked, with Expect; the repeat is 200."""
    headers = {"Authorization": f"Bearer {site.key}", "Expect": "100-continue"}

    def send() -> Any:
        return site.http.post(path, content=(LINES[start : start + 40] for start in range(0, 300, 40)), headers=headers)

    assert [send().status_code, send().status_code] == [201, 200]


FAULTY = {
    "half a surrogate pair": (encode(build_open(3)).replace(b'"open"', b'"open", "subject": "Sale \\ud83d"'), True),
    "NaN": (encode(build_open(3)).replace(b'"open"', b'"open", "score": NaN'), False),
    "infinity": (encode(build_open(3)).replace(b'"open"', b'"open", "score": 1e999'), False),
    "a repeated name": (encode(build_open(3)).replace(b'"open"', b'"open", "event": "click"'), False),
    "no UTF-8": (encode(build_open(3)).replace(b'"open"', b'"open", "subject": "caf\xe9"'), False),
    "a long number": (encode(build_open(3)).replace(b'"open"', b'"open", "score": ' + b"9" * 5000), False),
}


@pytest.mark.parametrize("name", FAULTY)
@pytest.mark.parametrize("form", ["array", "lines", "concatenated"])
def test_a_faulty_item_spoils_no_other(site: SenderSite, name: str, form: str) -> None:
    """It is stored with U+FFFD, or becomes a dead letter alone; everything adds up, also after a replay."""
    faulty, is_stored = FAULTY[name]
    items = [encode(PAIR[0]), faulty, encode(PAIR[1])]
    joined = {
        "array": b"[" + b",".join(items) + b"]",
        "lines": b"\n".join(items),
        "concatenated": b"".join(items),
    }
    answer = site.post(joined[form])
    assert answer.status_code == (201 if is_stored else 207), answer.text
    assert [item["outcome"] for item in answer.json()["results"]] == [
        "stored", "stored" if is_stored else "dead_lettered", "stored",
    ]  # fmt: skip
    assert len(site.events()) == 2 + is_stored
    assert len(site.dead_letters()) == 1 - is_stored
    assert site.difference() == 0
    for letter in site.dead_letters():
        asyncio.run(site.brain.replay(letter))
    assert len(site.events()) == 2 + is_stored
    assert site.difference() == 0


def test_a_faulty_record_of_a_page_spoils_no_other(site: SenderSite) -> None:
    """The record is a dead letter; a part of one record is not dropped in silence."""
    record = {"attributes": {"type": "Opportunity"}, "Id": "006A", "IsWon": True, "StageName": "Closed Won"}
    page = {"totalSize": 2, "done": True, "records": [record | {"Amount": 5.0, "CloseDate": "2026-11-05"}, {"Id": "x"}]}
    body = encode(page).replace(b'"x"', b'"x", "Amount": NaN')
    answer = site.post(body, "crm_salesforce")
    assert [item["outcome"] for item in answer.json()["results"]] == ["stored", "dead_lettered"]
    actions = b'{"ad_id": "1", "date_start": "2026-11-21", "actions": [{"value": 1}, {"value": NaN}]}'
    assert [item["error_code"] for item in site.post(actions, "ads_meta").json()["results"]] == ["unreadable_body"]


def test_a_full_page_of_2000_records_is_stored_in_one_request(site: SenderSite) -> None:
    """Salesforce's page; committed in parts, answered per record, and counted once however often it is sent."""
    record = {"attributes": {"type": "Opportunity"}, "IsWon": True, "StageName": "Closed Won", "Amount": 1.0}
    records = [record | {"Id": f"006{number:05}", "CloseDate": "2026-11-05"} for number in range(2000)]
    records[1200]["CloseDate"] = "soon"
    body = encode({"totalSize": 2000, "done": False, "records": records})
    answer = site.post(body, "crm_salesforce")
    assert (answer.status_code, len(answer.json()["results"])) == (207, 2000)
    assert answer.json()["counts"]["stored"] == 1999
    assert answer.json()["results"][1200]["error_code"] in ("invalid_field", "missing_time")
    assert len(site.events()) == 1999
    assert site.difference() == 0
    assert len(site.dead_letters()) == 1


def test_different_rows_under_one_key_are_refused_before_any_part_is_written(site: SenderSite) -> None:
    """Also when they are further apart than one commit."""
    rows = [
        {"ad_id": str(number), "date_start": "2026-11-21", "date_stop": "2026-11-21", "impressions": "5"}
        for number in range(900)
    ]
    rows.append(rows[0] | {"impressions": "9"})
    answer = site.post(encode(rows), "ads_meta")
    results = answer.json()["results"]
    assert [index for index, item in enumerate(results) if item.get("error_code") == "ambiguous_key"] == [0, 900]
    assert len(site.events()) == 899


BINARY = {
    "ce_specversion": "1.0", "ce_id": "a%20b", "ce_source": "/shop", "ce_type": "post.read",
    "ce_time": "2026-11-22T11:00:00Z",
}  # fmt: skip


def test_a_cloud_event_in_binary_mode_is_read(site: SenderSite) -> None:
    """Its attributes are headers, percent-encoded; a resend is a duplicate, and another id is another event."""
    body = b'{"likes": 3, "platform": "linkedin"}'
    assert site.post(body, "custom", **BINARY).status_code == 201
    assert site.post(body, "custom", **BINARY).status_code == 200
    assert site.post(body, "custom", **BINARY | {"ce_id": "c"}).status_code == 201
    assert [event["likes"] for event in site.events()] == [3, 3]
    assert any('"id":"a b"' in event["raw_data"].replace(" :", ":").replace(": ", ":") for event in site.events())


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"<likes/>", "text/xml"), (b"\xff\xfe\xfd", "application/octet-stream"), (b"", "")]
)
def test_a_cloud_event_in_binary_mode_may_have_any_data(site: SenderSite, body: bytes, content_type: str) -> None:
    """It is stored without metrics."""
    assert site.post(body, "custom", **BINARY | {"Content_Type": content_type}).status_code == 201


def test_a_cloud_event_in_binary_mode_that_cannot_be_read_is_a_dead_letter_with_its_attributes(
    site: SenderSite,
) -> None:
    """So that a replay has them."""
    assert site.post(b'{"likes": ', "custom", **BINARY).status_code == 422
    (letter,) = site.dead_letters()
    assert b'"type": "post.read"' in site.brain.sealer.open(letter.sealed)


def test_a_batch_of_cloud_events_is_read(site: SenderSite) -> None:
    """An array of events in structured mode."""
    event = {"specversion": "1.0", "source": "/s", "type": "t", "time": "2026-11-22T11:00:00Z"}
    batch = encode([event | {"id": "1"}, event | {"id": "2"}])
    assert site.post(batch, "custom", Content_Type="application/cloudevents-batch+json").status_code == 201
    assert len(site.events()) == 2


def test_a_tracing_header_identifies_no_delivery(site: SenderSite) -> None:
    """A constant correlation id, which some gateways set, made four copies of one body "stored" four times."""
    answers = [site.post(encode(PAIR), X_Correlation_Id="constant") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    assert {answer.headers["x-correlation-id"] for answer in answers} == {"constant"}
    assert site.difference() == 0


def test_an_idempotency_key_gets_the_answer_of_the_first_attempt(site: SenderSite) -> None:
    """The same body under the same key is one delivery; another body, or another key, is not."""
    assert [site.post(encode(PAIR), Idempotency_Key='"k1"').status_code for _ in range(2)] == [201, 201]
    assert site.post(encode(PAIR), Idempotency_Key='"k2"').status_code == 200
    assert site.post(encode([build_open(7)]), Idempotency_Key='"k1"').status_code == 201
    assert site.difference() == 0


REFUSED = {
    "invalid_field": {"likes": -1},
    "missing_time": {"occurred_at": "2026-11-22T08:00:00"},
    "too_old": {"occurred_at": "2020-01-01T00:00:00Z"},
    "future_time": {"occurred_at": "2027-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("code", REFUSED)
def test_whatever_is_not_accepted_becomes_a_dead_letter(site: SenderSite, code: str) -> None:
    """Providers never send again what was answered with 4xx; the status stays, and everything adds up."""
    event = {"event_id": "p1", "occurred_at": "2026-11-22T08:00:00Z", "platform": "linkedin", "likes": 1}
    answer = site.post(encode([event, event | {"event_id": "p2"} | REFUSED[code]]), "custom")
    good, bad = answer.json()["results"]
    assert (good["status"], bad["status"]) == (201, 422)
    assert bad["outcome"] == "dead_lettered"
    (letter,) = site.dead_letters()
    assert (bad["dead_letter_id"], letter.parked) == (letter.dead_letter_id, True)
    assert site.difference() == 0
    answer = site.post(encode([event, event | {"event_id": "p2"} | REFUSED[code]]), "custom")
    assert len(site.dead_letters()) == 1
    assert site.difference() == 0


def test_an_unknown_feed_becomes_a_dead_letter(site: SenderSite) -> None:
    """A mistyped URL loses nothing."""
    assert site.post(encode(PAIR), "e-mail").json()["results"][0]["error_code"] == "unknown_source"
    assert len(site.dead_letters()) == 1
