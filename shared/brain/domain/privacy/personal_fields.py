"""Which field names hold personal data, however the provider spells the name.

Names are compared in normalised form (see ``normalize_field_name``), so one entry covers ``first_name``, ``firstName``
and ``First-Name``.
"""

import re
from functools import lru_cache
from typing import Final

_SEPARATORS: Final = re.compile(r"[^0-9a-z]+")

PERSONAL_NAMES: Final = frozenset({
    # e-mail addresses and the parties of a message
    "emails", "emailid", "uniqueemailid", "emailhash", "emailmd5", "recipient", "recipients", "rcptto", "to",
    "from", "cc", "bcc", "sender", "replyto", "mailfrom", "destination", "envelopefrom", "envelopeto", "returnpath",
    "subscriber", "bouncedrecipients", "complainedrecipients", "delayedrecipients", "subscriberkey", "subscriberid",
    "euid",
    # telephone numbers and network addresses
    "phones", "fax", "tel", "whatsapp", "msisdn", "callerid", "ip", "ips", "ipaddr", "remoteip", "remoteaddr",
    "remotehost", "sourceip", "ipopt", "ipsignup", "xforwardedfor", "forwardedfor",
    # names of people
    "displayname", "nickname", "handle", "middlename", "givenname", "familyname", "surname", "fname", "lname",
    "maidenname", "realname", "salutation",
    # people as authors, owners and users
    "author", "authors", "creator", "createdby", "createdbyid", "user", "users", "useruuid", "userpseudoid",
    "openid", "unionid", "owner", "owners", "hsallownerids", "lastmodifiedby", "lastmodifiedbyid", "lastviewedby",
    "commituser", "actor", "actorid", "assignee", "assigneeid", "person", "people", "member", "memberurn",
    "contact", "contactids", "whoid", "leadid", "visitorid", "anonymousid", "userids", "psid", "asid", "profile",
    "profileid", "mentions", "channelid", "channeltitle", "followerid", "reporter", "employee", "employeeid",
    "modifiedby", "updatedby", "principal", "distinctid", "salesrep",
    # identifiers of a device or a click, which stand for one person
    "deviceid", "idfa", "idfv", "gaid", "advertisingid", "gclid", "fbclid", "msclkid", "ttclid", "dclid", "gbraid",
    "wbraid", "cookieid",
    # home address, birth and official identifiers
    "street", "streetaddress", "address", "addresses", "mailingstreet", "mailingaddress", "otheraddress",
    "billingstreet", "shippingstreet", "homeaddress", "birthday", "dateofbirth", "dob", "ssn", "taxid",
    "nationalid", "passport",
})  # fmt: skip
PERSONAL_SUFFIXES: Final = (
    "email", "emailaddress", "phone", "phonenumber", "mobile", "ipaddress", "username", "firstname", "lastname",
    "fullname", "screenname", "userid", "authorid", "ownerid", "personid", "contactid", "memberid", "creatorid",
    "recipientid", "birthdate",
)  # fmt: skip
PERSON_ROLES: Final = (
    "user", "author", "owner", "creator", "contact", "recipient", "subscriber", "sender", "customer", "member",
    "person", "employee", "assignee", "lead", "buyer", "attendee", "visitor", "patient", "client", "guest", "actor",
    "from", "to", "reply",
)  # fmt: skip
PERSON_ATTRIBUTES: Final = ("name", "ip", "address", "handle")
"""What identifies a person when it follows a role, such as ``customer_name``; personal suffixes need no role."""
_ROLE_NAMES: Final = frozenset(f"{role}{attribute}" for role in PERSON_ROLES for attribute in PERSON_ATTRIBUTES)
ALL_FIELDS: Final = frozenset({"*"})
"""A feed's own list of personal fields when every text of the record is personal: people with custom fields."""
NON_IDENTIFYING_NAMES: Final = frozenset({
    "type", "kind", "role", "status", "createdat", "updatedat", "verified", "verifiedtype", "attributes",
    "createddate", "lastmodifieddate", "systemmodstamp", "createdate", "lifecyclestage", "hsleadstatus",
    "currencyisocode", "subscriptiontype", "changetype", "changesource", "changeflag", "changeorigin",
    "changedfields", "nulledfields", "entityname", "transactionkey", "propertyname", "objecttypeid",
    "fivetransynced", "hsemailoptout", "object", "tags",
})  # fmt: skip
"""Fields of a person's record that say nothing about who it is; every other text of the record is pseudonymized."""


@lru_cache(maxsize=8192)
def normalize_field_name(name: str) -> str:
    """Return a field name in lower case without separators: ``User-Agent`` and ``userAgent`` become ``useragent``."""
    return _SEPARATORS.sub("", name.lower())


@lru_cache(maxsize=8192)
def is_personal(name: str) -> bool:
    """Return whether a field of this name holds personal data in any feed."""
    normalized = normalize_field_name(name)
    return normalized in PERSONAL_NAMES or normalized in _ROLE_NAMES or normalized.endswith(PERSONAL_SUFFIXES)


def is_identifier(name: str) -> bool:
    """Return whether a number in this field of a person's record identifies the person."""
    return normalize_field_name(name).endswith(("id", "ids", "number", "key", "urn")) or is_personal(name)
