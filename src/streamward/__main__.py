"""`python -m streamward`."""

from streamward.cli import main

if __name__ == "__main__":
    main()
