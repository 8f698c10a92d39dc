"""Numbers in text."""


def signed(value: float, decimals: int) -> str:
    """A number with a true minus sign, and none before what is rounded to zero."""
    return f"{value:z,.{decimals}f}".replace("-", "−")


def percent(share: float, decimals: int = 0) -> str:
    """A share in per cent."""
    return f"{signed(100 * share, decimals)} %"
