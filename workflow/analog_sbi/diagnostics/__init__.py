"""What can be told of posteriors: coverage, distances, misspecification, amortization."""
