"""Every change of sources and conversations, one file a subject: `sources`, `review`."""
