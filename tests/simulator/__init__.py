"""Virtual patients, devices and ports: seeded, honest about what they are, and speaking the real protocols."""
