"""Hours given away: members' donations and the community account's grants."""
