"""What goes with what: a planted pair is found, large baskets and chance are not taken for one."""

import numpy as np
import pytest
from scipy import sparse

from crmlib.models import affinity

N, ITEMS = 3000, 12


def drawn(seed: int, *, planted: bool) -> tuple[sparse.csr_matrix, sparse.csr_matrix, np.ndarray]:
    """Customers who fill baskets of very different size, each item as likely; item 1 follows item 0 where planted."""
    rng = np.random.default_rng(seed)
    size = rng.choice([0.05, 0.2, 0.5], N)[:, None]
    before, after = (rng.random((N, ITEMS)) < size for _side in range(2))
    if planted:
        after[:, 1] |= before[:, 0] & (rng.random(N) < 0.25)
    steps = [np.ceil(np.log2(side.sum(axis=1) + 1)).astype(int) for side in (before, after)]
    return *(sparse.csr_matrix(side.astype(float)) for side in (before, after)), steps[0] * 100 + steps[1]  # type: ignore[return-value]


@pytest.mark.parametrize("new_only", [True, False])
def test_a_planted_pair_is_found_and_large_baskets_are_none(new_only: bool) -> None:
    for seed in range(4):
        found = affinity.pairs(*drawn(seed, planted=True), new_only=new_only, least=30)
        assert np.unravel_index(np.nanargmin(found.p), found.p.shape) == (0, 1)
        assert found.low[0, 1] > 1
        assert (found.p < 0.05).sum() <= 3


def test_where_nothing_goes_together_little_is_found() -> None:
    cried = sum(
        (affinity.pairs(*drawn(seed, planted=False), new_only=True, least=30).p < 0.05).any() for seed in range(30)
    )
    assert cried <= 4


def test_one_stratum_by_hand() -> None:
    before = sparse.csr_matrix(np.repeat([[1.0, 0.0], [0.0, 0.0]], [40, 60], axis=0))
    after = np.zeros((100, 2))
    after[:20, 1] = after[40:55, 1] = 1
    found = affinity.pairs(before, sparse.csr_matrix(after), np.zeros(100), new_only=True, least=30)
    assert (found.n[0, 1], found.k[0, 1]) == (40, 20)
    assert found.times[0, 1] == pytest.approx(0.5 / 0.25)
    reach = np.exp(1.959964 * np.sqrt(1 / 20 - 1 / 40 + 1 / 15 - 1 / 60))
    assert (found.low[0, 1], found.high[0, 1]) == pytest.approx((2 / reach, 2 * reach), rel=1e-4)


def test_who_had_it_already_is_left_out() -> None:
    before = sparse.csr_matrix(np.repeat([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]], [40, 50, 60], axis=0))
    after = sparse.csr_matrix(np.repeat([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 0.0]], [20, 70, 15, 45], axis=0))
    found = affinity.pairs(before, after, np.zeros(150), new_only=True, least=30)
    assert (found.n[0, 1], found.k[0, 1]) == (40, 40)
    assert affinity.pairs(before, after, np.zeros(150), new_only=False, least=30).n[0, 1] == 90
