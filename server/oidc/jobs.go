package oidc

import "time"

// SweepEvery is how often what has run out should be deleted, with Sweep.
const SweepEvery = 10 * time.Minute
