"""An invented time bank to look at and to try things in. Nobody in it exists."""
