"""What decks and pages share: cells as HTML, templates, styles, and what travels inside."""
