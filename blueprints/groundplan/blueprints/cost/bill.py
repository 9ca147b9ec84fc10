"""What a commitment does to the bill, hour by hour and line by line."""
