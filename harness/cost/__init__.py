"""What runs will cost before any is started (`symharness plan`), and what they did cost."""
