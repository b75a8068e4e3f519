"""How closely the rules of alter courses are judged."""

__all__ = ["SLACK_DEG", "SLACK_M"]

#: What is found on a route is judged to so much.
SLACK_DEG, SLACK_M = 0.05, 1.0
