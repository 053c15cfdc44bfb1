"""What a carriage costs: what it should, what was billed, what is disputed, where it is booked and who bears it."""
