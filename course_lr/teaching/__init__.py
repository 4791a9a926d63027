"""What makes notebooks a course: figures, explorers, exercises, evidence; read by no method."""
