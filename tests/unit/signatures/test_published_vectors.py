"""The requests that providers publish as examples of their schemes are verified, and no variation of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from unit.signatures.signers import with_header

from brain.domain.senders.signatures.registry import verify
from brain.domain.senders.signatures.signed_request import Proof, Refusal, SenderCredentials, SignedRequest

TOLERANCE = timedelta(minutes=5)

# HubSpot's own client library, its tests of signatures.
HUBSPOT = SignedRequest(
    "POST",
    ("https://www.example.com/webhook_uri",),
    {
        "x-hubspot-signature-v3": "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=",
        "x-hubspot-request-timestamp": "15000000",
    },
    b"{'example_field':'example_value'}",
)
# SendGrid's own client library, its tests of the event webhook.
SENDGRID_EVENT = {
    "email": "hello@world.com",
    "event": "dropped",
    "reason": "Bounced Address",
    "sg_event_id": "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
    "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",
    "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
    "timestamp": 1600112492,
}
SENDGRID = SignedRequest(
    "POST",
    ("https://brain.example/",),
    {
        "x-twilio-email-event-webhook-signature": "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM"
        "+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
        "x-twilio-email-event-webhook-timestamp": "1600112502",
    },
    json.dumps([SENDGRID_EVENT], sort_keys=True, separators=(",", ":")).encode() + b"\r\n",
)
SENDGRID_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eN"
    "Ec6wEA3F+g=="
)
# Svix's documentation of how to check by hand, the scheme that became Standard Webhooks.
STANDARD = SignedRequest(
    "POST",
    ("https://brain.example/",),
    {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    b'{"test": 2432232314}',
)
# GitHub's documentation of X-Hub-Signature-256, the scheme that Meta shares.
HUB = SignedRequest(
    "POST",
    ("https://brain.example/",),
    {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
    b"Hello, World!",
)
VECTORS = {
    "hubspot": (HUBSPOT, "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", datetime(1970, 1, 1, 4, 10, tzinfo=UTC)),
    "sendgrid": (SENDGRID, SENDGRID_KEY, datetime(2020, 9, 14, 19, 41, 42, tzinfo=UTC)),
    "standard_webhooks": (
        STANDARD,
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC),
    ),
    "meta": (HUB, "It's a Secret to Everybody", None),
}


@pytest.mark.parametrize("scheme", VECTORS)
def test_a_published_request_is_verified_at_its_time(scheme: str) -> None:
    """The proof carries the signed time."""
    request, secret, signed_at = VECTORS[scheme]
    proof = verify(scheme, request, SenderCredentials((secret,)), signed_at or datetime.now(UTC), TOLERANCE)
    assert isinstance(proof, Proof), proof
    assert proof.signed_at == signed_at


@pytest.mark.parametrize("scheme", VECTORS)
def test_a_published_request_with_another_body_is_refused(scheme: str) -> None:
    """One more byte makes another body."""
    request, secret, signed_at = VECTORS[scheme]
    changed = replace(request, body=request.body + b" ")
    assert isinstance(
        verify(scheme, changed, SenderCredentials((secret,)), signed_at or datetime.now(UTC), TOLERANCE), Refusal
    )


def test_svix_sends_the_same_under_its_own_names() -> None:
    """The scheme is the same; older senders keep the older header names."""
    request, secret, signed_at = VECTORS["standard_webhooks"]
    for name in ("id", "timestamp", "signature"):
        request = with_header(request, f"svix-{name}", request.header(f"webhook-{name}"))
        request = with_header(request, f"webhook-{name}", None)
    assert signed_at
    assert isinstance(verify("standard_webhooks", request, SenderCredentials((secret,)), signed_at, TOLERANCE), Proof)
