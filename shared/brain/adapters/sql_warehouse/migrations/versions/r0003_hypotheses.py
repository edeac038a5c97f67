"""Create the hypothesis ledger: every test of every night, null results included."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NAME = sa.String(128)


def upgrade() -> None:
    """Create the ledger."""
    op.create_table(
        "brain_hypotheses",
        sa.Column("hypothesis_id", sa.String(400), primary_key=True),
        sa.Column("night", sa.Date(), primary_key=True),
        sa.Column("template", NAME, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("store_id", NAME, nullable=False),
        sa.Column("product_id", NAME, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        *(sa.Column(name, sa.Date()) for name in ("asked_on", "due_on", "tested_from")),
        *(sa.Column(name, sa.Double()) for name in ("effect", "lower", "upper", "p_value", "alpha")),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("detectable_effect", sa.Double()),
        *(sa.Column(name, sa.Text()) for name in ("refuters", "note")),
    )
    op.create_index("brain_hypotheses_by_night", "brain_hypotheses", ["night"])
