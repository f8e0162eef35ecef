"""A plain script, before it becomes the experiment ``digits.py``::

    $ python digits_plain.py
    accuracy 0.84

docs/tutorial.rst shows how to get from one to the other.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

hidden, lr, epochs, seed = 32, 0.01, 3, 1

images, labels = load_digits(return_X_y=True)
train, test, train_labels, test_labels = train_test_split(
    images / 16, labels, test_size=0.3, random_state=seed
)
model = MLPClassifier((hidden,), learning_rate_init=lr, random_state=seed)
for _ in range(epochs):
    model.partial_fit(train, train_labels, classes=np.arange(10))
print(f"accuracy {model.score(test, test_labels):.2f}")
