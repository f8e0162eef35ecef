from sacred.app.main import main as main
