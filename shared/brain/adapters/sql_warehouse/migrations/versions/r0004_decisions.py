"""Create the table of the decisions that the shop wants valued."""

import sqlalchemy as sa
from alembic import op

from brain.adapters.sql_warehouse.instant import Instant

revision = "0004"
down_revision = "0003"

NAME = sa.String(128)


def upgrade() -> None:
    """Create the table of decisions."""
    op.create_table(
        "brain_decisions",
        sa.Column("store_id", NAME, primary_key=True),
        sa.Column("decision_id", sa.String(400), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("product_id", NAME),
        sa.Column("category", NAME),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.Column("expected", sa.Double()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
    )
