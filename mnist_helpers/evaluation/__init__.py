"""What a network is worth, a module a topic: its numbers, its figure, its words."""
