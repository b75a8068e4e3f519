"""``python -m routing`` is the ``cableroute`` command."""

from routing.cli import main

if __name__ == "__main__":
    main()
