"""Identities: how they sign in, what they may do, and whom roles trust."""
