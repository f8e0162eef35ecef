"""What has to happen for a run that is stored: a directory and some files of JSON."""

import json
import os

recipient = "world"
message = f"Hello, {recipient}!"
os.makedirs("runs/1")
for name in ("run", "config", "metrics", "cout"):
    with open(f"runs/1/{name}.json", "w") as file:
        json.dump({"recipient": recipient, "message": message}, file)
print(message)
