"""The model of ``config/brain_senders.yaml``: which provider may sign for which feed, and by which scheme."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from brain.domain.events import SOURCES, FeedType
from brain.domain.senders.signatures.registry import SCHEMES
from brain.domain.types import StrictModel

TIMED_SCHEMES = ("hubspot", "mailgun", "sendgrid", "standard_webhooks")
ProviderName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
KeysUrl = Annotated[str, StringConstraints(pattern=r"^(https://|http://127\.0\.0\.1[:/]).+$")]


class Provider(StrictModel):
    """One provider.

    Attributes:
        scheme: how it signs.
        sources: the feeds it may sign for.
        secret: what its secret is, for the operator.
        issuers: who issues its identity tokens.
        keys_url: where the keys of its identity tokens are published.
        retry_seconds: how long it repeats a request with the signature of the first attempt.
    """

    scheme: str
    sources: tuple[FeedType, ...] | Literal["all"]
    secret: Annotated[str, Field(min_length=1)]
    issuers: tuple[str, ...] = ()
    keys_url: KeysUrl | Literal[""] = ""
    retry_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None

    @field_validator("scheme")
    @classmethod
    def _check_scheme(cls, scheme: str) -> str:
        if scheme not in SCHEMES:
            raise ValueError(f"scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}")
        return scheme

    @model_validator(mode="after")
    def _check_openid_settings(self) -> Self:
        if self.scheme != "openid" and (self.issuers or self.keys_url):
            raise ValueError(f"issuers and keys_url are for the scheme openid only, got them for {self.scheme}")
        return self

    @model_validator(mode="after")
    def _check_retry(self) -> Self:
        if self.scheme not in TIMED_SCHEMES and self.retry_seconds is not None:
            raise ValueError(f"retry_seconds is for schemes that sign a time, got it for {self.scheme}")
        return self

    def may_sign_for(self, source: str) -> bool:
        """Return whether the provider may sign events of this feed."""
        return source in (SOURCES if self.sources == "all" else self.sources)


class SendersConfig(StrictModel):
    """How far a signed time may be from the current time, and the providers by the name that their secrets carry."""

    tolerance_seconds: Annotated[int, Field(ge=1, le=3600)]
    path_prefixes: tuple[str, ...]
    providers: dict[ProviderName, Provider]
