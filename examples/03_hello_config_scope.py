'''Configuration from a function: a config scope.

Each local variable at the end of the function is an entry. The function is real
Python, and it is executed with the values that you set: ``message`` follows
``recipient``. ``print_config`` shows the result with the comments as documentation::

    $ python 03_hello_config_scope.py print_config with seed=1
    INFO - hello_config_scope - Running command 'print_config'
    INFO - hello_config_scope - Started
    Configuration (modified, added, typechanged, doc):
      """Whom to greet, and how."""
      greetings = ['Hello', 'Hi', 'Hey']
      message = 'Hello world! Hi world! Hey world!'    # what is printed
      recipient = 'world'                # whom to greet
      seed = 1                           # the random seed for this experiment
    INFO - hello_config_scope - Completed after 0:00:00

    $ python 03_hello_config_scope.py print_config with seed=1 recipient=Ada
    INFO - hello_config_scope - Running command 'print_config'
    INFO - hello_config_scope - Started
    Configuration (modified, added, typechanged, doc):
      """Whom to greet, and how."""
      greetings = ['Hello', 'Hi', 'Hey']
      message = 'Hello Ada! Hi Ada! Hey Ada!'    # what is printed
      recipient = 'Ada'                  # whom to greet
      seed = 1                           # the random seed for this experiment
    INFO - hello_config_scope - Completed after 0:00:00

    $ python 03_hello_config_scope.py -l ERROR with recipient=Ada
    Hello Ada! Hi Ada! Hey Ada!

    $ python 03_hello_config_scope.py -l ERROR with message="Good morning."
    Good morning.
'''

from sacred import Experiment

ex = Experiment("hello_config_scope")


@ex.config
def settings():
    """Whom to greet, and how."""
    recipient = "world"  # whom to greet
    greetings = ["Hello", "Hi", "Hey"]
    # what is printed
    message = " ".join(f"{greeting} {recipient}!" for greeting in greetings)


@ex.automain
def main(message):
    print(message)
