"""The request that buys a Savings Plan, as a file; nothing is ever bought here."""
