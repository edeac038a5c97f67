"""The shop's brain: sales, weather and events become lifts, forecasts and findings."""
