"""The peer to beat: the original's work, done by the original's stack as well as we know how to."""
