"""How the saving falls when demand does, and commitments that stand it."""
