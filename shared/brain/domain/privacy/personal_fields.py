"""Which field names hold personal data, however the provider spells the name.

Names are compared in normalised form (see ``normalize_field_name``), so one entry covers ``first_name``, ``firstName``
and ``First-Name``.
"""

import re
from collections.abc import Iterable
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
PEOPLE_NAMES: Final = frozenset({
    # people in calendars, tickets, approvals, orders and posts
    "attendees", "participant", "participants", "invitee", "invitees", "organizer", "organiser", "organizers",
    "assignedto", "assignees", "approver", "approvers", "reviewer", "reviewers", "requester", "requestor", "submitter",
    "uploader", "editor", "commenter", "respondent", "responder", "signer", "signers", "signatory", "payer", "payee",
    "cardholder", "shopper", "manager", "supervisor", "delegate", "caller", "callee", "dispatcher", "interviewer",
    "interviewee", "candidate", "applicant", "spouse", "nextofkin", "byline", "cohosts", "collaborators", "persons",
    # accounts and numbers
    "login", "logins", "loginname", "samaccountname", "upn", "userprincipalname", "skype", "telegram",
    "wechat", "viber", "cell", "cellnumber", "cellno", "mobileno", "mobilenumber", "phoneno", "contactno",
    "telno", "telnumber", "faxnumber", "landline", "homephone", "workphone", "whatsappnumber",
})  # fmt: skip
"""Names that version 0.1 did not know."""
PEOPLE_SUFFIXES: Final = ("edby", "edbyid", "edbyname", "assignedto", "assignedtoid", "handle", "login", "person")
"""Suffixes that version 0.1 did not know: ``approved_by``, ``twitter_handle``, ``last_login_person``."""
MAPS_OF_PEOPLE: Final = frozenset({
    "users", "members", "attendees", "participants", "invitees", "recipients", "recipientvariables", "mentions",
    "contacts", "people", "persons", "owners", "authors", "assignees", "approvers", "reviewers", "customers", "guests",
    "subscribers", "employees", "collaborators", "organizers",
})  # fmt: skip
"""Names of objects that may map people to something, so that their field names are people."""
COUNTABLE_NAMES: Final = MAPS_OF_PEOPLE - {"users", "people", "authors", "owners", "recipients", "mentions"}
"""Names of people under which a number is how many they are."""
PHONE_SUFFIXES: Final = (
    "phone", "phonenumber", "mobile", "cell", "tel", "fax", "whatsapp", "msisdn", "mobileno", "phoneno", "contactno",
    "cellnumber", "mobilenumber", "landline", "callerid",
)  # fmt: skip
KEYWORDS: Final = frozenset({
    "@type", "@id", "@context", "@value", "@graph", "@list", "@set", "@language", "@base", "@vocab", "@index",
    "@attributes", "@xmlns", "@name", "@class", "@href", "@timestamp", "@version", "@metadata", "@message", "@fields",
    "@tags", "@count", "@key", "@text", "@src", "@rel", "@xsi",
})  # fmt: skip
"""Field names of JSON-LD, of XML as JSON and of logs, which are no handles."""
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

_RECORD_FIELDS: Final = NON_IDENTIFYING_NAMES | {
    "id", "ids", "name", "names", "count", "total", "totalcount", "size", "limit", "offset", "data", "items", "list",
    "results", "values", "value", "records", "elements", "edges", "nodes", "paging", "pagination", "next", "previous",
    "cursor", "hasmore", "href", "url", "uri", "link", "links", "self", "meta", "metadata", "new", "returning",
    "active", "inactive", "added", "removed", "updated", "deleted", "public", "private", "all", "other", "entities",
}  # fmt: skip
"""Field names that show that an object is a record or a page, not a map of people."""


@lru_cache(maxsize=8192)
def normalize_field_name(name: str) -> str:
    """Return a field name in lower case without separators: ``User-Agent`` and ``userAgent`` become ``useragent``."""
    return _SEPARATORS.sub("", name.lower())


@lru_cache(maxsize=8192)
def is_personal(name: str) -> bool:
    """Return whether a field of this name, numbered or not, holds personal data in any feed."""
    normalized = normalize_field_name(name)
    unnumbered = normalized.rstrip("0123456789") or normalized
    return (
        normalized in PERSONAL_NAMES
        or unnumbered in PEOPLE_NAMES
        or unnumbered in _ROLE_NAMES
        or normalized.endswith(PERSONAL_SUFFIXES)
        or unnumbered.endswith((*PERSONAL_SUFFIXES, *PEOPLE_SUFFIXES))
    )


def is_identifier(name: str) -> bool:
    """Return whether a number in this field of a person's record identifies the person."""
    normalized = normalize_field_name(name)
    if normalized in COUNTABLE_NAMES:
        return False
    return normalized.endswith(("id", "ids", "number", "key", "urn")) or is_personal(name)


@lru_cache(maxsize=8192)
def is_phone(name: str) -> bool:
    """Return whether a field of this name, numbered or not, holds a telephone number."""
    return normalize_field_name(name).rstrip("0123456789").endswith(PHONE_SUFFIXES)


def is_map_of_people(name: str, keys: Iterable[str]) -> bool:
    """Return whether the keys of the object in this field are people, and none of them the name of a field."""
    if normalize_field_name(name) not in MAPS_OF_PEOPLE:
        return False
    return not any(key in _RECORD_FIELDS or is_personal(key) for key in map(normalize_field_name, keys))
