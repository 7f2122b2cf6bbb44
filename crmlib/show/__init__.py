"""Floor 3: a frame becomes a figure, a sentence, a finding."""
