"""The Container Service's launching part: resolution, engines, finalisation. Commands are kept in models/commands."""
