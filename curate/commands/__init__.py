"""What `curate` does at the command line, a module for each kind of work. `curate.cli` puts them together."""
