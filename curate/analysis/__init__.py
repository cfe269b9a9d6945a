"""What is in a dataset: functions of arrays and frames, that know no dataset and no files."""
