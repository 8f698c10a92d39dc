"""What is given to others: a checkpoint as a ZIP, a folder for the Hugging Face hub, a static site."""
