"""Stories: what taking part meant to somebody, shown to whom they agreed to and for as long as they agree."""
