"""What makes notebooks a course: figures, explorers, exercises, evidence. Never read by the method."""
