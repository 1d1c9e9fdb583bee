// Nothing: the console was not built.
