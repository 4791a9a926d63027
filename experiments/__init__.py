"""How the course's verdicts were measured: tables of sweeps and measurements, and their engine."""
