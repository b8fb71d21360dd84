"""Losses: functions of logits float32 [n, classes] and labels int64 [n]."""
