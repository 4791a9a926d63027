"""Shared by tools/slides.py and tools/site.py: cells as HTML, templates, and what travels inside."""
