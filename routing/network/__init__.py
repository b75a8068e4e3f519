"""The network: which landing points, which links."""

from routing.network.design import Design, DesignProblem, Offer, choose_design, price_design
from routing.network.proof import prove_design

__all__ = ["Design", "DesignProblem", "Offer", "choose_design", "price_design", "prove_design"]
