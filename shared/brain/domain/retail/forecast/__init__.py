"""The shop's forecast: a pooled robust regression, smoothed levels and naive rules, weighted by past errors."""
