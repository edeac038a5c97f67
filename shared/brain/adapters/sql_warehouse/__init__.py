"""The sales warehouse on SQLAlchemy Core: SQLite, PostgreSQL (psycopg 3) and, for reading and results, BigQuery."""
