"""Is a posterior right? Coverage, distances, misspecification, and what follows from them."""
