"""Speed as ratios: ours and theirs side by side in one run, interleaved."""
