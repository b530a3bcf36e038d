"""Running the study on a chip through PyNN: the program, access to the chip, and interruptions."""
