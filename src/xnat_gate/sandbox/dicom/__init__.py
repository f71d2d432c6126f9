"""What XNAT reads out of a DICOM object: its header, whose it is, what scan it makes, what its file is called."""
