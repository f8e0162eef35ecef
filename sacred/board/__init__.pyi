from sacred.board.application import app as app
