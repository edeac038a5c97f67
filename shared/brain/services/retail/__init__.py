"""Questions to a shop's database, one module per question: the analysis and the job step that publishes its answer."""
