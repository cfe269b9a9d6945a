"""Prompts to vectors, and exact nearest neighbours under any filter."""
