class Model:
    def __init__(self, layers):
        self.layers = layers

    def size(self):
        return sum(self.layers)
