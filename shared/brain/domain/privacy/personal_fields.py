"""Which names of fields hold a person's data, whatever the provider's spelling of the name."""

import re
from functools import lru_cache
from typing import Final

_SEPARATORS: Final = re.compile(r"[^0-9a-z]+")

_PERSONAL: Final = frozenset({
    # addresses of e-mail and who takes part in it
    "email", "emails", "emailid", "uniqueemailid", "emailhash", "emailmd5", "recipient", "recipients", "rcptto",
    "to", "from",
    "cc", "bcc", "sender", "replyto", "mailfrom", "destination", "envelopefrom", "envelopeto", "returnpath",
    "subscriber",
    "bouncedrecipients", "complainedrecipients", "delayedrecipients", "subscriberkey", "subscriberid", "euid",
    # telephones and network addresses
    "phone", "phones", "phonenumber", "mobile", "mobilephone", "fax", "tel", "telephone", "whatsapp", "msisdn",
    "callerid",
    "ip", "ips", "ipaddress", "ipaddr", "clientip", "remoteip", "remoteaddr", "remotehost", "sourceip", "userip",
    "ipopt", "ipsignup",
    "xforwardedfor", "forwardedfor",
    # names
    "username", "screenname", "displayname", "nickname", "handle", "fullname", "firstname", "lastname",
    "middlename", "givenname",
    "familyname", "surname", "fname", "lname", "maidenname", "realname", "salutation",
    # people as authors, owners and users
    "author", "authors", "authorid", "creator", "creatorid", "createdby", "createdbyid", "user", "users", "userid",
    "useruuid",
    "userpseudoid", "openid", "unionid", "owner", "owners", "ownerid", "hubspotownerid", "hsallownerids",
    "lastmodifiedby",
    "lastmodifiedbyid", "lastvieweddby", "commituser", "actor", "actorid", "assignee", "assigneeid", "personid",
    "person", "people", "member",
    "memberid", "memberurn", "contact", "contactid", "contactids", "whoid", "leadid", "visitorid", "anonymousid",
    "userids", "inreplytouserid",
    "psid", "asid", "profile", "profileid", "mentions", "channelid", "channeltitle", "followerid", "reporter",
    "employee", "employeeid",
    "modifiedby", "updatedby", "updatedbyuserid", "createdbyuserid", "principal", "distinctid", "externaluserid",
    "salesrep",
    # devices and clicks that stand for one person
    "deviceid", "idfa", "idfv", "gaid", "advertisingid", "gclid", "fbclid", "msclkid", "ttclid", "dclid", "gbraid",
    "wbraid", "cookieid",
    # where one person lives, and when they were born
    "street", "streetaddress", "address", "addresses", "mailingstreet", "mailingaddress", "otheraddress",
    "billingstreet",
    "shippingstreet", "homeaddress", "birthdate", "birthday", "dateofbirth", "dob", "ssn", "taxid", "nationalid",
    "passport",
})  # fmt: skip
_ENDINGS: Final = (
    "email", "emailaddress", "phone", "phonenumber", "mobile", "ipaddress", "username", "firstname", "lastname",
    "fullname",
    "screenname", "userid", "authorid", "ownerid", "personid", "contactid", "memberid", "creatorid", "recipientid",
    "birthdate",
)  # fmt: skip
_PEOPLE: Final = (
    "user", "author", "owner", "creator", "contact", "recipient", "subscriber", "sender", "customer", "member",
    "person",
    "employee", "assignee", "lead", "buyer", "attendee", "visitor", "patient", "client", "guest", "actor", "from",
    "to", "reply",
)  # fmt: skip
_PEOPLE_NAMES: Final = frozenset(
    f"{who}{what}"
    for who in _PEOPLE
    for what in ("name", "firstname", "lastname", "email", "phone", "mobile", "ip", "address", "fullname", "handle")
)
# A feed's own list of personal fields may be this: every text of the record, for records of people with custom fields.
ALL_FIELDS: Final = frozenset({"*"})
# Inside a person's record everything that is a text is hashed, but for these, which say nothing about who it is.
HARMLESS_IN_PERSON: Final = frozenset({
    "type", "kind", "role", "status", "createdat", "updatedat", "verified", "verifiedtype", "attributes",
    "createddate",
    "lastmodifieddate", "systemmodstamp", "createdate", "lifecyclestage", "hsleadstatus", "currencyisocode",
    "subscriptiontype",
    "changetype", "changesource", "changeflag", "changeorigin", "changedfields", "nulledfields", "entityname",
    "transactionkey",
    "propertyname", "objecttypeid", "fivetransynced", "hsemailoptout",
})  # fmt: skip


@lru_cache(maxsize=8192)
def plain_name(name: str) -> str:
    """Return a field's name in lower case without separators: ``User-Agent`` and ``userAgent`` are ``useragent``."""
    return _SEPARATORS.sub("", name.lower())


@lru_cache(maxsize=8192)
def is_personal(name: str) -> bool:
    """Return whether a field of this name holds a person's data in any feed."""
    plain = plain_name(name)
    return plain in _PERSONAL or plain in _PEOPLE_NAMES or plain.endswith(_ENDINGS)


def is_identifier(name: str) -> bool:
    """Return whether a number under this name, inside a person's record, identifies the person."""
    plain = plain_name(name)
    return plain.endswith(("id", "ids", "number", "key", "urn")) or is_personal(name)
