"""The demonstration: a fake AWS, a badly configured company on it, and cspmd watching."""
