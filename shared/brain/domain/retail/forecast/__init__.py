"""The shop's forecast: a pooled robust regression, smoothed levels and naive rules, weighed by how they did."""
