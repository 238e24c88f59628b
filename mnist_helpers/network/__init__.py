"""The model: what it is made of, what it answers, what it looks at. It is not trained here."""
