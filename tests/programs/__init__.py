"""Programs for BrainScaleS-2 in the manner of its public tutorials, one a feature.

They name the real module and know nothing of the stand-in; ``tests/unit/test_pynn_physics.py`` runs
them and says what physics they shall show. Times in ms of hardware time where nothing else is said.
"""
