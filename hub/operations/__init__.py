"""What an operator can do, called by command line and console alike."""
