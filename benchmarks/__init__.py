"""What this library costs, beside Sacred 0.8.7 and beside the least code that does the same."""
