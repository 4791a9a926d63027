"""Schedules that rise and fall: once (OneCycle, warm-up-stable-decay) or again and again."""

from dataclasses import dataclass

import numpy as np

from course_lr import checks
from course_lr.parameters import PerRun, parameter, setting
from course_lr.schedules.base import Schedule, blend, ease, power, progress

ENVELOPES = ("constant", "halving", "exponential")


@dataclass(frozen=True, repr=False, eq=False)
class CosineRestarts(Schedule):
    """Fall along half a cosine, jump back up, and again, in cycles that may grow (SGDR).

        η(t) = η_end + (η − η_end) (1 + cos(π u / T)) / 2
        T = period · period_mult^n, the length of the cycle n that holds t; u, the steps in it

    The cycle is found in whole numbers, so that no restart is missed; restarts never end.

    Args:
        eta: the rate at the start of each cycle, finite and >= 0.
        period: the length of the first cycle, a whole number >= 1; 1 is constant at η.
        period_mult: each cycle is this many times as long as the last, a whole number >= 1.
        eta_end: the rate that each cycle falls towards, finite and >= 0.

    >>> eta = CosineRestarts(0.1, period=2, period_mult=2)  # restarts at 2, 6, 14, …
    >>> eta([0, 1, 2, 4, 6, 14])
    array([0.1 , 0.05, 0.1 , 0.05, 0.1 , 0.1 ])

    Elsewhere:
        PyTorch: CosineAnnealingWarmRestarts(lr=eta, T_0=period, T_mult=period_mult,
            eta_min=eta_end)
        Keras: CosineDecayRestarts(initial_learning_rate=eta, first_decay_steps=period,
            t_mul=period_mult, alpha=eta_end / eta); it misses some restarts of growing cycles

    Source: Loshchilov and Hutter 2017, equation 5.
    """

    formula = "η_end + (η − η_end) (1 + cos(π · part of the cycle done)) / 2"
    span = ("period", 3)

    eta: PerRun = parameter(checks.rate)
    period: int | PerRun = parameter(checks.length)
    period_mult: int | PerRun = parameter(checks.length, 1)
    eta_end: PerRun = parameter(checks.rate, 0.0)

    @staticmethod
    def curve(xp, t, eta, period, period_mult, eta_end):
        """η_end + (η − η_end) (1 + cos(π u / T)) / 2."""
        cycle, since = restarts(xp, t, period, period_mult)
        done = since / (period * power(xp, period_mult, cycle))
        return blend(xp, eta, eta_end, ease(xp, "cosine", done))


def restarts(xp, t, period, mult):
    """The number of the growing cycle that holds step t, and the steps since it began: exact.

    Whole cycles are taken off t one after the other, at most one for each bit of a step. Lengths
    stop growing near the largest integer, where they are longer than anything left. For mult = 1
    the number is 0: all cycles are alike.

    >>> restarts(np, np.array([120, 121, 363, 364]), 1, 3)  # they begin at 0, 1, 4, … 121, 364
    (array([4, 5, 5, 6]), array([ 80,   0, 242,   0]))
    """
    largest = xp.iinfo(t.dtype).max
    since, length, cycle = xp.where(mult == 1, t % period, t), period, 0
    for _ in range(int(largest).bit_length()):
        over = since >= length
        if xp is np and not over.any():
            break
        since, cycle = xp.where(over, since - length, since), cycle + over
        length = xp.where(over, xp.minimum(length, largest // mult) * mult, length)
    return cycle, since


@dataclass(frozen=True, repr=False, eq=False)
class _Cycle(Schedule):
    """What the two waves share: their parameters, their bounds in order."""

    span = ("half_cycle", 6)

    eta_min: PerRun = parameter(checks.rate)
    eta_max: PerRun = parameter(checks.rate)
    half_cycle: int | PerRun = parameter(checks.length)
    envelope: str = setting(checks.one_of, "constant", options=ENVELOPES)
    gamma: PerRun = parameter(checks.factor, 1.0)

    def __post_init__(self):
        super().__post_init__()
        if np.any(np.asarray(self.eta_min) > np.asarray(self.eta_max)):
            accepted = f"at least eta_min = {checks.shown(self.eta_min)}"
            checks.refuse("eta_max", self.eta_max, accepted)


def tooth(xp, t, half_cycle):
    """A triangle wave: 0 at the start, 1 after ``half_cycle`` steps, 0 after two of them."""
    return (half_cycle - xp.abs(t % (2 * half_cycle) - half_cycle)) / half_cycle


def height(xp, t, half_cycle, envelope, gamma):
    """How high a cycle may reach, as a share: 1, halved each cycle, or γ^t."""
    if envelope == "halving":
        return power(xp, 0.5, t // (2 * half_cycle))
    return power(xp, gamma, t) if envelope == "exponential" else 1.0


@dataclass(frozen=True, repr=False, eq=False)
class Triangular(_Cycle):
    """Rise and fall along straight lines between two bounds, for ever.

        η(t) = η_min + (η_max − η_min) · tooth(t) · height(t)
        tooth: 0 at t = 0, 1 at half_cycle, 0 at 2·half_cycle, lines between
        height: 1 (constant), 1 / 2^(cycles done) (halving), γ^t (exponential)

    Args:
        eta_min: the rate at the start and between cycles, finite and >= 0.
        eta_max: the rate at the top of the first cycle (before γ), finite and >= eta_min.
        half_cycle: the steps from a low to the next high, a whole number >= 1.
        envelope: "constant", "halving" (Smith's triangular2) or "exponential" (exp_range).
        gamma: the factor a step of the exponential envelope, 0 < γ <= 1; others do not use it.

    >>> eta = Triangular(0.25, 1.0, half_cycle=2, envelope="halving")
    >>> eta([0, 1, 2, 3, 4, 6])
    array([0.25 , 0.625, 1.   , 0.625, 0.25 , 0.625])

    Elsewhere:
        PyTorch: CyclicLR(base_lr=eta_min, max_lr=eta_max, step_size_up=half_cycle, gamma=gamma),
            with the mode triangular, triangular2 or exp_range for the three envelopes

    Source: Smith 2017, section 3.
    """

    formula = "η_min + (η_max − η_min) · triangle wave · envelope"

    @staticmethod
    def curve(xp, t, eta_min, eta_max, half_cycle, envelope, gamma):
        """η_min + (η_max − η_min) · tooth · height."""
        share = tooth(xp, t, half_cycle) * height(xp, t, half_cycle, envelope, gamma)
        return blend(xp, eta_min, eta_max, share)


@dataclass(frozen=True, repr=False, eq=False)
class Sinusoidal(_Cycle):
    """Rise and fall along a raised cosine between two bounds, for ever: Triangular, rounded.

        η(t) = η_min + (η_max − η_min) · wave(t) · height(t)
        wave: (1 − cos(π t / half_cycle)) / 2
        height: 1 (constant), 1 / 2^(cycles done) (halving), γ^t (exponential)

    Args:
        eta_min: the rate at the start and between cycles, finite and >= 0.
        eta_max: the rate at the top of the first cycle (before γ), finite and >= eta_min.
        half_cycle: the steps from a low to the next high, a whole number >= 1.
        envelope: "constant", "halving" or "exponential".
        gamma: the factor a step of the exponential envelope, 0 < γ <= 1; others do not use it.

    >>> eta = Sinusoidal(0.25, 1.0, half_cycle=2)
    >>> eta([0, 1, 2, 3, 4])
    array([0.25 , 0.625, 1.   , 0.625, 0.25 ])

    Source: Smith 2017, section 3.1, on windows other than the triangle.
    """

    formula = "η_min + (η_max − η_min) (1 − cos(π t / half_cycle)) / 2 · envelope"

    @staticmethod
    def curve(xp, t, eta_min, eta_max, half_cycle, envelope, gamma):
        """η_min + (η_max − η_min) (1 − cos(π t / half_cycle)) / 2 · height."""
        wave = ease(xp, "cosine", tooth(xp, t, half_cycle))
        share = wave * height(xp, t, half_cycle, envelope, gamma)
        return blend(xp, eta_min, eta_max, share)


@dataclass(frozen=True, repr=False, eq=False)
class OneCycle(Schedule):
    """Rise once to a large rate and fall far below the start.

        from η_max / start_div at t = 0
        to   η_max             at t = peak = max(round(warm_fraction · steps) − 1, 0)
        to   η_max / start_div / end_div at t = steps − 1, and held

    These are the steps of PyTorch's OneCycleLR, and so are the values wherever it reaches its peak.
    Two differences, so that the peak is always reached. Where PyTorch's peak lies between two
    steps, as with 25 steps (6.5), it is passed by; here it is moved to the nearest step. Where
    warm_fraction · steps <= 1 PyTorch divides by zero or begins past its peak; here step 0 has
    η_max. With warm_fraction = 1 the peak is the last step, and the end value comes after it; a
    schedule of one step is that peak.

    Args:
        eta_max: the rate at the peak, finite and >= 0.
        steps: the length, a whole number >= 1.
        warm_fraction: the part of the steps that rises, 0 to 1 (a fraction: 0.3, not 30).
        start_div: the peak over the first rate, finite and > 0.
        end_div: the first rate over the last, finite and > 0.
        anneal: "cosine" or "linear".

    >>> eta = OneCycle(1.0, steps=20, start_div=10, end_div=10)  # the peak is at 0.3 · 20 − 1
    >>> eta([0, 5, 19, 99])
    array([0.1 , 1.  , 0.01, 0.01])

    Elsewhere:
        PyTorch: OneCycleLR(max_lr=eta_max, total_steps=steps, pct_start=warm_fraction,
            div_factor=start_div, final_div_factor=end_div), anneal_strategy="cos" or "linear"
        Optax: cosine_onecycle_schedule(peak_value=eta_max, transition_steps=steps,
            pct_start=warm_fraction, div_factor=start_div, final_div_factor=end_div), whose peak and
            end come one step later

    Source: Smith and Topin 2018, with two phases.
    """

    formula = "up from η_max / start_div to η_max, down to η_max / start_div / end_div"

    eta_max: PerRun = parameter(checks.rate)
    steps: int | PerRun = parameter(checks.length)
    warm_fraction: PerRun = parameter(checks.fraction, 0.3)
    start_div: PerRun = parameter(checks.positive, 25.0)
    end_div: PerRun = parameter(checks.positive, 1e4)
    anneal: str = setting(checks.one_of, "cosine", options=("cosine", "linear"))

    @staticmethod
    def curve(xp, t, eta_max, steps, warm_fraction, start_div, end_div, anneal):
        """The rise to the peak, and the fall after it."""
        start = eta_max / start_div
        peak = xp.maximum(xp.rint(warm_fraction * steps) - 1.0, 0.0)
        rise = ease(xp, anneal, progress(xp, t, peak))
        fall = ease(xp, anneal, progress(xp, t - peak, steps - 1 - peak))
        up = blend(xp, start, eta_max, rise)
        return xp.where(t <= peak, up, blend(xp, eta_max, start / end_div, fall))


@dataclass(frozen=True, repr=False, eq=False)
class WarmupStableDecay(Schedule):
    """Warm up along a line, stay, then fall to an end value (WSD, trapezoid).

        η(t) = η t / warmup                                  for t < warmup
               η                                             for the next ``stable`` steps
               from η to η_end along ``shape``               for the next ``decay`` steps
               η_end                                         from warmup + stable + decay on

    Args:
        eta: the rate of the stable phase, finite and >= 0.
        warmup, stable, decay: lengths of the phases, whole numbers >= 0; 0 means none (without a
            decay the rate drops to η_end at once when the stable phase is over).
        eta_end: the rate at the end, finite and >= 0.
        shape: of the decay: "linear", "cosine", or "1-sqrt" (η falls as 1 − √(part done)).

    >>> eta = WarmupStableDecay(0.1, warmup=10, stable=80, decay=10)
    >>> eta([0, 5, 10, 90, 95, 100])
    array([0.  , 0.05, 0.1 , 0.1 , 0.05, 0.  ])

    Source: Hu et al. 2024 (MiniCPM), section 4; 1-sqrt from Hägele et al. 2024; Transformers'
    get_wsd_schedule.
    """

    formula = "η t / warmup, then η, then down to η_end"

    eta: PerRun = parameter(checks.rate)
    warmup: int | PerRun = parameter(checks.length, least=0)
    stable: int | PerRun = parameter(checks.length, least=0)
    decay: int | PerRun = parameter(checks.length, least=0)
    eta_end: PerRun = parameter(checks.rate, 0.0)
    shape: str = setting(checks.one_of, "linear", options=("linear", "cosine", "1-sqrt"))

    @staticmethod
    def curve(xp, t, eta, warmup, stable, decay, eta_end, shape):
        """The warm-up times the decay: each is done with, or not begun, while the other acts."""
        fall = ease(xp, shape, progress(xp, t - warmup - stable, decay))
        return progress(xp, t, warmup) * blend(xp, eta, eta_end, fall)

    @property
    def length(self) -> int:
        """All three phases of the longest run."""
        return int(max(np.max(np.add(np.add(self.warmup, self.stable), self.decay)), 1))
