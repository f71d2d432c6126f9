"""The doors: one verb each; they build the real parts and turn what happened into an exit code."""
