"""Predict the engagement of planned content, with intervals of measured coverage, or say what data is missing."""
