"""What makes notebooks a course: figures, explorers, exercises, verdicts; read by no method."""
