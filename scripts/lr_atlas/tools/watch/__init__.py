"""`make watch`: a page on this machine that shows runs while they train; it only reads."""
