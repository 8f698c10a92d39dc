"""Images as films and as sheets of pictures."""
