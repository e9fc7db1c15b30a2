"""HOW a query is fetched: plans, their steps and what they cost. No I/O, no clock, no loop."""
