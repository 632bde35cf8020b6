"""The life of an exchange: logged, confirmed, approved; or queried, declined, withdrawn, expired, reversed."""
