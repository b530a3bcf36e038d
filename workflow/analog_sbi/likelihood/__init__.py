"""Reference posteriors from likelihoods that are estimated with very many measurements."""
