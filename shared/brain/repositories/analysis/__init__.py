"""Documents of the analysis: state, models, outcomes, moves, reports."""
