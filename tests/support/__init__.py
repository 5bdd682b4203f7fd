"""What the tests of several rooms share: a driver for applications, builders of captures, peers, and waiting."""
