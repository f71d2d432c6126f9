"""Values in, values out: no disk, no network, no clock, no logging, no outside library."""
