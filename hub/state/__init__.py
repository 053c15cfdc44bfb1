"""What the hub remembers: tables, all SQL, migrations."""
