"""The steps that plans are made of, each a flow of its own."""
