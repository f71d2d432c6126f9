"""The roads a study takes, one file each, read from top to bottom: they act, and decide nothing."""
