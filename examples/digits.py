"""A small neural network learns to read handwritten digits::

    $ python digits.py -l ERROR with seed=1
    accuracy 0.95

docs/tutorial.rst explains it.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from sacred import Experiment

ex = Experiment("digits")


@ex.config
def settings():
    hidden = 32  # units of the hidden layer
    lr = 0.01  # step size of the optimizer
    epochs = 10  # passes over the images
    test_size = 0.3  # share of the images that are kept for the test


@ex.named_config
def thorough():
    epochs = 40
    hidden = 64


@ex.capture
def load(test_size, seed):
    images, labels = load_digits(return_X_y=True)
    return train_test_split(images / 16, labels, test_size=test_size, random_state=seed)


@ex.automain
def main(hidden, lr, epochs, seed, _run):
    train, test, train_labels, test_labels = load()
    model = MLPClassifier((hidden,), learning_rate_init=lr, random_state=seed)
    for epoch in range(epochs):
        model.partial_fit(train, train_labels, classes=np.arange(10))
        _run.log_scalar("loss", model.loss_, epoch)
        _run.log_scalar("accuracy", model.score(test, test_labels), epoch)
    accuracy = model.score(test, test_labels)
    print(f"accuracy {accuracy:.2f}")
    return accuracy
