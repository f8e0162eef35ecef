"""A support vector machine learns to tell three kinds of iris flowers apart.

Each run leaves its record in ``runs/``, in a directory with a number::

    $ python iris.py with C=2.0 seed=42
    INFO - iris - Running command 'main'
    INFO - iris - Started run with ID "1"
    105 flowers to learn from, 45 for the test
    cross validation: 0.971 +/- 0.023
    INFO - iris - Result: 0.9777777777777777
    INFO - iris - Completed after 0:00:00

    $ ls runs runs/1
    runs:
    1
    _resources
    _sources

    runs/1:
    _environment.json
    _provenance.json
    config.json
    cout.txt
    info.json
    metrics.json
    model.joblib
    run.json

The same seed gives the same split of the data, and so the same score. Another kernel::

    $ python iris.py -l ERROR with kernel=linear seed=42
    105 flowers to learn from, 45 for the test
    cross validation: 0.952 +/- 0.052

How the accuracy grows with the number of flowers::

    $ sacred metrics 1 validation.accuracy --plot
    validation.accuracy  last 0.971429
    ...

The configuration, with what it means::

    $ python iris.py print_config with C=2.0 seed=42
    INFO - iris - Running command 'print_config'
    INFO - iris - Started
    Configuration (modified, added, typechanged, doc):
      C = 2.0                            # the price of a flower on the wrong side
      folds = 5                          # of the cross validation
      gamma = 0.7                        # how far the influence of one flower reaches
      kernel = 'rbf'                     # linear, poly, rbf or sigmoid
      seed = 42                          # the random seed for this experiment
      test_size = 0.3                    # share of the flowers that are kept for the test
    INFO - iris - Completed after 0:00:00

With ``-m localhost:27017:iris`` the record goes to MongoDB, too.
"""

import tempfile
from importlib import resources
from pathlib import Path

import joblib
import numpy as np
from sklearn import datasets, svm
from sklearn.model_selection import learning_curve, train_test_split

from sacred import Experiment
from sacred.observers import FileStorageObserver

ex = Experiment("iris")
ex.observers.append(FileStorageObserver("runs"))


@ex.config
def settings():
    C = 1.0  # the price of a flower on the wrong side
    kernel = "rbf"  # linear, poly, rbf or sigmoid
    gamma = 0.7  # how far the influence of one flower reaches
    test_size = 0.3  # share of the flowers that are kept for the test
    folds = 5  # of the cross validation


@ex.capture
def load_data(test_size, _run, _seed):
    iris = datasets.load_iris()
    _run.add_resource(resources.files(iris.data_module) / iris.filename)
    _run.info["classes"] = iris.target_names.tolist()
    return train_test_split(
        iris.data, iris.target, test_size=test_size, stratify=iris.target, random_state=_seed
    )


@ex.capture
def make_model(C, kernel, gamma):
    return svm.SVC(C=C, kernel=kernel, gamma=gamma)


@ex.capture
def keep_model(model, _run):
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "model.joblib")
        joblib.dump(model, file)
        _run.add_artifact(file)


@ex.automain
def main(folds, _run):
    """Train, test, and keep the model."""
    X_train, X_test, y_train, y_test = load_data()
    print(f"{len(X_train)} flowers to learn from, {len(X_test)} for the test")

    model = make_model()
    sizes = np.linspace(0.2, 1, 17)  # shares of the flowers to learn from
    curve = learning_curve(model, X_train, y_train, train_sizes=sizes, cv=folds)
    for flowers, train_scores, scores in zip(*curve, strict=True):
        _run.log_scalar("train.accuracy", train_scores.mean(), flowers)
        _run.log_scalar("validation.accuracy", scores.mean(), flowers)
    print(f"cross validation: {scores.mean():.3f} +/- {scores.std():.3f}")

    model.fit(X_train, y_train)
    accuracy = model.score(X_test, y_test)
    _run.log_scalar("test.accuracy", accuracy)
    _run.info["support_vectors"] = model.n_support_.tolist()
    keep_model(model)
    return accuracy
