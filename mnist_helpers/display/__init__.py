"""How things look in a notebook: tables, figures, galleries, progress. Never what they say."""
