"""What the web server gives a browser beside Streamlit's own pages: the explorer's files, early and fast."""
