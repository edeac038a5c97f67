"""Create the shop tables: stores, sales, hourly weather and calendar, except those that the shop already has."""

import sqlalchemy as sa
from alembic import context, op

from brain.adapters.sql_warehouse.instant import Instant

revision = "0001"
down_revision = None

NAME = sa.String(128)


def upgrade() -> None:
    """Create each table that neither exists nor is mapped to a table of the shop's own."""
    skipped_tables = {*sa.inspect(op.get_bind()).get_table_names(), *context.config.attributes["external_tables"]}
    for name, columns in _build_columns().items():
        if name not in skipped_tables:
            op.create_table(name, *columns, sqlite_with_rowid=False)


def _build_columns() -> dict[str, list[sa.schema.SchemaItem]]:
    return {
        "stores": [
            sa.Column("store_id", NAME, primary_key=True),
            sa.Column("time_zone", sa.String(64), nullable=False),
            sa.Column("country", sa.String(2)),
            sa.Column("subdivision", sa.String(8)),
        ],
        "sales": [
            sa.Column("store_id", NAME, primary_key=True),
            sa.Column("sold_at", Instant(), primary_key=True),
            sa.Column("granularity", sa.String(4), primary_key=True),
            sa.Column("product_id", NAME, primary_key=True),
            sa.Column("line", sa.Integer(), primary_key=True, autoincrement=False),
            sa.Column("sold_on", sa.Date(), nullable=False),
            sa.Column("category", NAME),
            sa.Column("quantity", sa.Double()),
            sa.Column("revenue", sa.Double()),
        ],
        "weather_hourly": [
            sa.Column("store_id", NAME, primary_key=True),
            sa.Column("observed_at", Instant(), primary_key=True),
            sa.Column("granularity", sa.String(4), primary_key=True),
            sa.Column("known_at", Instant(), primary_key=True),
            sa.Column("temperature_c", sa.Double()),
            sa.Column("precipitation_mm", sa.Double()),
            sa.Column("wind_kmh", sa.Double()),
            sa.Column("cloud_cover", sa.Double()),
            sa.Column("condition", NAME),
        ],
        "calendar_events": [
            sa.Column("event", NAME, primary_key=True),
            sa.Column("starts_on", sa.Date(), primary_key=True),
            sa.Column("store_id", NAME, primary_key=True),
            sa.Column("event_class", NAME, nullable=False),
            sa.Column("ends_on", sa.Date(), nullable=False),
            sa.Column("known_at", Instant()),
        ],
    }
