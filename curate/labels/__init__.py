"""Labels: statements about samples by a source. Predictions are labels."""
