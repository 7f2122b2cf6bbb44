"""Each definition once: what a purchase, a contact of ours, a case and its clocks, a tier, a window is."""
