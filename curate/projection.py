"""`Dataset.project`: a map of the vectors of an encoder, stored as a field."""
