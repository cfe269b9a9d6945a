"""PyTorch datasets over a view: pictures and targets, without an export."""
