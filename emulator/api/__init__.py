"""The methods of each API, by the address that Google gives them."""
