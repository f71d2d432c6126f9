"""What the Container Service makes of a command.json: its shape, its rules, where it is offered. Pure."""
