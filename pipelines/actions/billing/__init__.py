"""What people do about money: import prices, book payments, corrections and refunds; and what follows from them."""
