"""Every exception that b24orm raises.

::

    B24Error
     ├── UsageError            refused before anything was sent
     │    ├── UnknownName      no such field, lookup, relation or parameter
     │    │    ├── UnknownAttribute  no such attribute              (also AttributeError)
     │    │    ├── UnknownImport     b24orm has no such name        (also ImportError)
     │    │    └── UnknownParameter  no such parameter              (also TypeError)
     │    ├── InvalidValue     a value of the wrong type or shape             (also ValueError)
     │    ├── Unsupported      the method can't do that
     │    ├── NotConfigured    no portal was connected
     │    └── PortalClosed     the portal was closed
     ├── FieldNotLoaded        the row was fetched without this field         (also AttributeError)
     ├── RelationNotLoaded     the related object was not fetched             (also AttributeError)
     ├── InvalidRow            the server's answer does not fit the model
     ├── DoesNotExist          get() found nothing
     ├── MultipleObjects       get() found several
     ├── Incomplete            rows moved while they were read: the list is not whole
     ├── OutcomeUnknown        writes were sent, and nobody can say whether they were done
     ├── JobStopped            a bulk write ended early: the portal serves no more
     ├── JournalFailed         the journal of a bulk write can't be written or read
     ├── StaleObject           the row was changed by somebody else since it was fetched
     ├── ApiError              the server answered with an error
     │    ├── AuthError        bad, expired or insufficient credentials
     │    │    ├── ExpiredToken
     │    │    ├── InvalidGrant       a code or refresh token that is used up: authorise again
     │    │    ├── InvalidClient      the authorization server does not know the application so
     │    │    ├── InsufficientScope  the credentials don't reach as far as the method
     │    │    ├── PaymentRequired    the application's subscription, or the portal's plan, has ended
     │    │    ├── NotInstalled       the application is not installed on the portal
     │    │    ├── PortalDeleted      the portal is gone for good
     │    │    ├── TokenServerFailed  the authorization server did not answer, several times
     │    │    └── TokenStoreFailed   OAuth tokens could not be kept or read
     │    ├── NotFound         no such row or method
     │    ├── AccessDenied     the user may not do that
     │    ├── RateLimited      QUERY_LIMIT_EXCEEDED: never executed
     │    ├── OperatingLimited OPERATION_TIME_LIMIT: never executed
     │    └── ServerFailure    5xx, or an answer that is no REST answer
     │         └── PortalMoved the portal has an address where the credentials may not go
     └── TransportError        no answer arrived
          ├── ConnectFailed    the request never reached the portal
          │    ├── PortalDown            not sent: the portal has answered nothing for so long
          │    └── UntrustedCertificate  who answers can't prove to be the portal: not tried again
          ├── TimedOut         no answer in time: the fate of a write is unknown
          └── Disconnected     the connection broke: the fate of a write is unknown

No message, attribute or repr holds a webhook code or a token.
"""

from __future__ import annotations

from b24orm.errors.api import (
    AccessDenied,
    ApiError,
    AuthError,
    ExpiredToken,
    InsufficientScope,
    InvalidClient,
    InvalidGrant,
    NotFound,
    NotInstalled,
    OperatingLimited,
    PaymentRequired,
    PortalDeleted,
    PortalMoved,
    RateLimited,
    ServerFailure,
    TokenServerFailed,
    TokenStoreFailed,
)
from b24orm.errors.base import B24Error, nearest
from b24orm.errors.rows import (
    DoesNotExist,
    FieldNotLoaded,
    Incomplete,
    InvalidRow,
    JobStopped,
    JournalFailed,
    MultipleObjects,
    OutcomeUnknown,
    RelationNotLoaded,
    StaleObject,
)
from b24orm.errors.transport import (
    ConnectFailed,
    Disconnected,
    PortalDown,
    TimedOut,
    TransportError,
    UntrustedCertificate,
)
from b24orm.errors.usage import (
    InvalidValue,
    NotConfigured,
    PortalClosed,
    UnknownAttribute,
    UnknownImport,
    UnknownName,
    UnknownParameter,
    Unsupported,
    UsageError,
)

__all__ = [
    "AccessDenied",
    "ApiError",
    "AuthError",
    "B24Error",
    "ConnectFailed",
    "Disconnected",
    "DoesNotExist",
    "ExpiredToken",
    "FieldNotLoaded",
    "Incomplete",
    "InsufficientScope",
    "InvalidClient",
    "InvalidGrant",
    "InvalidRow",
    "InvalidValue",
    "JobStopped",
    "JournalFailed",
    "MultipleObjects",
    "NotConfigured",
    "NotFound",
    "NotInstalled",
    "OperatingLimited",
    "OutcomeUnknown",
    "PaymentRequired",
    "PortalClosed",
    "PortalDeleted",
    "PortalDown",
    "PortalMoved",
    "RateLimited",
    "RelationNotLoaded",
    "ServerFailure",
    "StaleObject",
    "TimedOut",
    "TokenServerFailed",
    "TokenStoreFailed",
    "TransportError",
    "UnknownAttribute",
    "UnknownImport",
    "UnknownName",
    "UnknownParameter",
    "Unsupported",
    "UntrustedCertificate",
    "UsageError",
    "nearest",
]

for _name in __all__:  # tracebacks, reprs and pickles name where an exception is imported from
    if _name != "nearest":
        globals()[_name].__module__ = __name__
