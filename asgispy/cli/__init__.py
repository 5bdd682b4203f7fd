"""The command line: one file per command. A command's module is imported only when the command is asked for."""
