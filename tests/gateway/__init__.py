"""The shell around the ward: recorder, replay, commands, the model's worker, and what the service manager sees."""
