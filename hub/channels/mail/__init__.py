"""Mail by SMTP: sessions that are kept open, and what a server's answers mean."""
