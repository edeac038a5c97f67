"""Create the result tables: signal lifts, backtests and predictions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NAME = sa.String(128)
SCORES = (
    "mape",
    "wape",
    "mase",
    "bias",
    "directional_accuracy",
    "correlation",
    "rush_recall",
    "rush_precision",
    "coverage_80",
    "coverage_95",
)


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "brain_backtest_results",
        sa.Column("store_id", NAME, primary_key=True),
        sa.Column("product_id", NAME, primary_key=True),
        sa.Column("starts_on", sa.Date(), primary_key=True),
        sa.Column("ends_on", sa.Date(), primary_key=True),
        sa.Column("horizon", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("model", sa.String(32), primary_key=True),
        *(sa.Column(score, sa.Double()) for score in SCORES),
        sa.Column("days", sa.Integer(), nullable=False),
    )
    op.create_table(
        "brain_signal_magnitudes",
        sa.Column("store_id", NAME, primary_key=True),
        sa.Column("product_id", NAME, primary_key=True),
        sa.Column("signal", NAME, primary_key=True),
        sa.Column("as_of", sa.Date(), primary_key=True),
        sa.Column("signal_class", NAME),
        *(sa.Column(name, sa.Double()) for name in ("lift", "lower", "upper")),
        sa.Column("occurrences", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Double()),
        sa.Column("claimed", sa.Boolean(), nullable=False),
        sa.Column("last_seen", sa.Date()),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_table(
        "brain_predictions",
        sa.Column("store_id", NAME, primary_key=True),
        sa.Column("product_id", NAME, primary_key=True),
        sa.Column("cutoff", sa.Date(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        *(sa.Column(name, sa.Double()) for name in ("predicted", "lower_80", "upper_80", "lower_95")),
        *(sa.Column(name, sa.Double()) for name in ("upper_95", "open_probability", "rush_probability")),
        *(sa.Column(name, sa.Text()) for name in ("signals", "advice")),
    )
