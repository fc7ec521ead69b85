//! Which features run: longest since the partner was featured, first-timers first, time-sensitive before timeless, topics and places spread.
