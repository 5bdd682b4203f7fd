"""Tests of the forwarding application."""
