"""What takes time: receiving, building, archiving, moving, removing, and the threads that do it later."""
