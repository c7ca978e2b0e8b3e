//! Transcripts: what a run that failed leaves behind, and what replays it.
