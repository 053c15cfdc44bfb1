"""How an order follows from the wins that ask for it and from what the ERP says of it."""
