"""How somebody becomes a member, and what is decided about them on the way; and how a membership ends with a life."""
