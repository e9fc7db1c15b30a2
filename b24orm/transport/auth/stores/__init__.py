"""Where OAuth tokens are kept."""
