-- What was booked under a key. One row. Parameter: unique_key.
select paid_minor, currency
from journal
where unique_key = :unique_key
