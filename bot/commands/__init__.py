"""The commands of the terminal but `serve`, one module for each thing that one does with a library."""
