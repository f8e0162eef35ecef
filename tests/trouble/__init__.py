"""What happens to runs whose stores are in trouble, for every kind of store alike."""
