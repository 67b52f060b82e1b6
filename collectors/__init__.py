"""What the clouds say. Collectors read and normalise; they judge nothing."""
