"""What one chapter alone owns: functions that its notebook, exercises and explorer share."""
