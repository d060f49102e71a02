-- Books the journals of this transaction now instead of at commit: what it has released is available again.
set constraints book_journal immediate
