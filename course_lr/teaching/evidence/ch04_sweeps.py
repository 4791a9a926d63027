"""Chapter 04, sweeps of the adaptive methods: as they are, in other units, on badly scaled inputs.

A sweep is called ``PROBLEM_METHOD``; SGD on the plain problems is in chapter 02.
"""

import numpy as np

from course_lr.problems import MLP, digits, mnist1d
from course_lr.problems.data import Dataset, digits_data, mnist1d_data
from course_lr.teaching.evidence.sweeps import decades, swept
from course_lr.updates import AdaGrad, Adam, Momentum, RMSProp

DIGITS = "digits, MLP 64-32-10, 480 steps of 64"
SIGNALS = "MNIST-1D, MLP 40-64-64-10, 920 steps of 64"
SCALED = "each input multiplied by a number between 0.1 and 10, drawn once"


def badly_scaled(data: Dataset, seed: int = 0) -> Dataset:
    """The data with input j multiplied by 10 to the power u_j, uniform in [−1, 1].

    >>> from course_lr.problems.data import digits_data
    >>> badly_scaled(digits_data()).name
    'digits, badly scaled'
    """
    powers = np.random.default_rng(seed).uniform(-1, 1, data.inputs.shape[1])
    return Dataset(f"{data.name}, badly scaled", data.inputs * 10**powers, data.labels, 10)


def rare_pixels(data: Dataset, seed: int = 0) -> Dataset:
    """The data with input j kept in a share p_j of the examples, 0.01 to 1, and 0 in the others.

    >>> from course_lr.problems.data import digits_data
    >>> bool((rare_pixels(digits_data()).inputs > 0).sum() < (digits_data().inputs > 0).sum() / 3)
    True
    """
    rng, (samples, features) = np.random.default_rng(seed), data.inputs.shape
    shares = rng.permutation(np.geomspace(0.01, 1, features))
    kept = rng.random((samples, features)) < shares
    return Dataset(f"{data.name}, rare", data.inputs * kept, data.labels, 10)


# --- as they are: the rates of a default, of the band and of both its edges ----------------------


@swept(f"{DIGITS}, momentum 0.9", decades(-1.5, 0), steps=480, update=Momentum())
def digits_momentum() -> MLP:
    """SGD with momentum on the digits."""
    return digits()


@swept(f"{DIGITS}, AdaGrad", [*decades(-3, -2, 0.5), *decades(-1.75, -0.25)], 480, update=AdaGrad())
def digits_adagrad() -> MLP:
    """AdaGrad on the digits, the default 1e-2 included."""
    return digits()


@swept(f"{DIGITS}, RMSprop", [*decades(-4, -3, 0.5), *decades(-2.75, -1)], 480, update=RMSProp())
def digits_rmsprop() -> MLP:
    """RMSprop on the digits, the default 1e-2 included."""
    return digits()


@swept(f"{DIGITS}, Adam", [*decades(-4, -3, 0.5), *decades(-2.75, -0.5)], 480, update=Adam())
def digits_adam() -> MLP:
    """Adam on the digits, the default 1e-3 included."""
    return digits()


@swept(f"{SIGNALS}, momentum 0.9", decades(-1.625, -0.75), steps=920, update=Momentum())
def mnist1d_momentum() -> MLP:
    """SGD with momentum on MNIST-1D."""
    return mnist1d()


@swept(f"{SIGNALS}, AdaGrad", [0.01, *decades(-1.5, -0.5)], steps=920, update=AdaGrad())
def mnist1d_adagrad() -> MLP:
    """AdaGrad on MNIST-1D, the default 1e-2 included."""
    return mnist1d()


@swept(f"{SIGNALS}, RMSprop", decades(-2.5, -1.5), steps=920, update=RMSProp())
def mnist1d_rmsprop() -> MLP:
    """RMSprop on MNIST-1D, the default 1e-2 included."""
    return mnist1d()


@swept(f"{SIGNALS}, Adam", [0.001, *decades(-2.5, -1.5)], steps=920, update=Adam())
def mnist1d_adam() -> MLP:
    """Adam on MNIST-1D, the default 1e-3 included."""
    return mnist1d()


# --- in other units: the loss times 100, the inputs times 10 --------------------------------------


@swept(f"{DIGITS}, loss × 100, SGD", [*decades(-2.875, -1.75), *decades(-0.5, 0.25)], 480)
def digits_loss100_sgd() -> MLP:
    """SGD where the loss is counted in hundredths, the rates of the plain digits included."""
    return digits(loss_scale=100.0)


@swept(f"{DIGITS}, loss × 100, AdaGrad", decades(-1.75, -0.25), steps=480, update=AdaGrad())
def digits_loss100_adagrad() -> MLP:
    """AdaGrad where the loss is counted in hundredths."""
    return digits(loss_scale=100.0)


@swept(f"{DIGITS}, loss × 100, RMSprop", decades(-2.75, -1.25), steps=480, update=RMSProp())
def digits_loss100_rmsprop() -> MLP:
    """RMSprop where the loss is counted in hundredths."""
    return digits(loss_scale=100.0)


@swept(f"{DIGITS}, loss × 100, Adam", decades(-2.75, -0.75), steps=480, update=Adam())
def digits_loss100_adam() -> MLP:
    """Adam where the loss is counted in hundredths."""
    return digits(loss_scale=100.0)


@swept(f"{DIGITS}, inputs × 10, SGD", [*decades(-2, -0.75), *decades(-0.5, 0.25)], 480)
def digits_inputs10_sgd() -> MLP:
    """SGD where the inputs are counted in tenths, the rates of the plain digits included."""
    return digits(input_scale=10.0)


@swept(f"{DIGITS}, inputs × 10, AdaGrad", decades(-2, -0.25), steps=480, update=AdaGrad())
def digits_inputs10_adagrad() -> MLP:
    """AdaGrad where the inputs are counted in tenths."""
    return digits(input_scale=10.0)


@swept(f"{DIGITS}, inputs × 10, RMSprop", decades(-3, -1.5), steps=480, update=RMSProp())
def digits_inputs10_rmsprop() -> MLP:
    """RMSprop where the inputs are counted in tenths."""
    return digits(input_scale=10.0)


@swept(f"{DIGITS}, inputs × 10, Adam", decades(-2.75, -0.75), steps=480, update=Adam())
def digits_inputs10_adam() -> MLP:
    """Adam where the inputs are counted in tenths."""
    return digits(input_scale=10.0)


# --- on badly scaled inputs -----------------------------------------------------------------------


@swept(f"{DIGITS}, {SCALED}, SGD", decades(-2, 0.25), steps=480)
def digits_scaled_sgd() -> MLP:
    """SGD on badly scaled digits."""
    return MLP(badly_scaled(digits_data()))


@swept(f"{DIGITS}, {SCALED}, momentum 0.9", decades(-2.25, -1), steps=480, update=Momentum())
def digits_scaled_momentum() -> MLP:
    """SGD with momentum on badly scaled digits."""
    return MLP(badly_scaled(digits_data()))


@swept(f"{DIGITS}, {SCALED}, AdaGrad", decades(-1.75, -0.5), steps=480, update=AdaGrad())
def digits_scaled_adagrad() -> MLP:
    """AdaGrad on badly scaled digits."""
    return MLP(badly_scaled(digits_data()))


@swept(f"{DIGITS}, {SCALED}, RMSprop", decades(-2.75, -1.625), steps=480, update=RMSProp())
def digits_scaled_rmsprop() -> MLP:
    """RMSprop on badly scaled digits."""
    return MLP(badly_scaled(digits_data()))


@swept(f"{DIGITS}, {SCALED}, Adam", decades(-2.375, -1.125), steps=480, update=Adam())
def digits_scaled_adam() -> MLP:
    """Adam on badly scaled digits."""
    return MLP(badly_scaled(digits_data()))


RARE = "each pixel seen in a share of the images only, 1 to 100 %"


@swept(f"{DIGITS}, {RARE}, momentum 0.9", decades(-2.25, -0.75), steps=480, update=Momentum())
def digits_rare_momentum() -> MLP:
    """SGD with momentum on digits with rare pixels."""
    return MLP(rare_pixels(digits_data()))


@swept(f"{DIGITS}, {RARE}, AdaGrad", decades(-2.125, -0.875), steps=480, update=AdaGrad())
def digits_rare_adagrad() -> MLP:
    """AdaGrad on digits with rare pixels."""
    return MLP(rare_pixels(digits_data()))


SHORT = "MNIST-1D, MLP 40-64-64-10, 460 steps of 64"


@swept(f"{SHORT}, {SCALED}, momentum 0.9", decades(-2.125, -1.375), steps=460, update=Momentum())
def mnist1d_scaled_momentum() -> MLP:
    """SGD with momentum on badly scaled MNIST-1D."""
    return MLP(badly_scaled(mnist1d_data()), hidden=(64, 64))


@swept(f"{SHORT}, {SCALED}, AdaGrad", decades(-1.375, -0.625), steps=460, update=AdaGrad())
def mnist1d_scaled_adagrad() -> MLP:
    """AdaGrad on badly scaled MNIST-1D."""
    return MLP(badly_scaled(mnist1d_data()), hidden=(64, 64))


@swept(f"{SHORT}, {SCALED}, RMSprop", decades(-2.375, -1.625), steps=460, update=RMSProp())
def mnist1d_scaled_rmsprop() -> MLP:
    """RMSprop on badly scaled MNIST-1D."""
    return MLP(badly_scaled(mnist1d_data()), hidden=(64, 64))


@swept(f"{SHORT}, {SCALED}, Adam", decades(-2.375, -1.5), steps=460, update=Adam())
def mnist1d_scaled_adam() -> MLP:
    """Adam on badly scaled MNIST-1D."""
    return MLP(badly_scaled(mnist1d_data()), hidden=(64, 64))
