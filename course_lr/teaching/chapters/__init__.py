"""What one chapter alone owns: functions that its notebook, its exercises and its explorer share."""
