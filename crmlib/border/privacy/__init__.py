"""What may be published of a text: nothing that names a person, and else only codes."""
