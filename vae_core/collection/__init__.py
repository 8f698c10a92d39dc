"""The models that are there, as one looks after them: what is known of each, titles and notes, the trash."""
