//! Changgou: the part of a shop where money changes hands.
