"""How far a quantity can go that is bound to others: linear programming, with scipy's HiGHS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix


class Bounds:
    """How low and how high quantities can be that are bound by sums (Σ factor · quantity = 0), each within its own."""

    # Where nothing bounds a quantity from above, so many times all that is known bounds it, for the solver.
    FAR = 4

    def __init__(self, sums: Sequence[Mapping[str, int]], bounds: Mapping[str, tuple[Any, Any]]) -> None:
        self.names = list(bounds)
        self._place = {name: place for place, name in enumerate(self.names)}
        far = self.FAR * (sum(high for _, high in bounds.values() if high is not None) + 1_000_000)
        self._bounds = np.array(
            [(low, far if high is None else high) for low, high in bounds.values()], dtype=np.float64
        )
        entries = [(row, self._place[name], factor) for row, one in enumerate(sums) for name, factor in one.items()]
        rows, columns, factors = zip(*entries, strict=True) if entries else ((), (), ())
        self._sums: Any = coo_matrix((factors, (rows, columns)), shape=(len(sums), len(self.names))).tocsr()
        self._nothing = np.zeros(len(sums))

    def extreme(self, name: str, direction: int) -> tuple[list[Any], list[str]]:
        """Return values of all quantities at which this one is lowest (direction 1) or highest (−1), and what binds it.

        What binds it are those quantities whose own bounds would have to give way for it to go any further.
        """
        objective = np.zeros(len(self.names))
        objective[self._place[name]] = direction
        solved = linprog(objective, A_eq=self._sums, b_eq=self._nothing, bounds=self._bounds, method="highs")
        assert solved.status == 0, solved.message
        binds = np.flatnonzero(np.abs(solved.lower.marginals + solved.upper.marginals) * 1000 > 1)
        return solved.x.tolist(), [self.names[place] for place in binds if self.names[place] != name]
