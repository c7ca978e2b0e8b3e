"""A second reader of Interspace's formats, written from their description alone."""
