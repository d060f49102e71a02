-- Back to booking at commit (migration 0020).
set constraints book_journal deferred
