"""The shop's warehouse over SQLAlchemy Core: SQLite, PostgreSQL (psycopg 3) and, to read, BigQuery."""
