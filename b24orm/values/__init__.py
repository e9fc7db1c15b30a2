"""Values that Python has no type for: sums of money, addresses, bindings to rows, bookings, files.

Each is a small frozen value that knows how the server writes it and how it is written to the server.
"""

from b24orm.values.address import Address
from b24orm.values.binding import Binding
from b24orm.values.booking import Booking
from b24orm.values.file import StoredFile
from b24orm.values.money import Money

__all__ = ["Address", "Binding", "Booking", "Money", "StoredFile"]
