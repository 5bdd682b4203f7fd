"""The screens: a Textual application over a capture, live or saved. Only this room knows Textual."""
