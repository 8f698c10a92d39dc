"""What the lessons of the Learn page train and measure, there and then, while a reader waits."""
