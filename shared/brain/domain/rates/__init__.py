"""Rate limits: sliding windows and the shares that instances lease."""
