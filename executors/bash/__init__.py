"""Shell commands: read into templates, and run on a small file system to compare what they print and leave behind."""
