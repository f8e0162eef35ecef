# helper.py
