"""How a spec is realised, without saying by which engine. Every decision is made here."""
