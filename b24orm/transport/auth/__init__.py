"""Who calls: webhooks and OAuth tokens behind one narrow protocol."""
