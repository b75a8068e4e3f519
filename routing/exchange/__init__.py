"""The formats that survey teams exchange, one module each."""
