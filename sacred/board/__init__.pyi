from sacred.board.application import app as app
from sacred.board.notebook_frame import BoardFrame as BoardFrame
from sacred.board.notebook_frame import show as show
