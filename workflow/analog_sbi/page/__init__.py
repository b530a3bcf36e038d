"""The answer to a question as one page: figures, conclusions and certificate, in one HTML file."""
