"""What widgets are asked for, one module a subject; each answers from an `Exploration`."""
