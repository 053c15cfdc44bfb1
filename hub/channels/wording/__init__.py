"""Make what is sent out of a template and one recipient's values."""
