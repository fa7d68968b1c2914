#!/usr/bin/env python3
"""ratings.py > ratings.csv - made-up ratings: 3000 of the 60 x 80 that 60 people could give 80
films. People and films have three traits each; what agrees adds up, and a noise of 0.3."""
import random

random.seed(1)
people = [[random.gauss(0, 0.8) for _ in range(3)] for _ in range(60)]
films = [[random.gauss(0, 0.8) for _ in range(3)] for _ in range(80)]
print("person,film,stars")
for number in sorted(random.sample(range(60 * 80), 3000)):
    person, film = divmod(number, 80)
    liked = sum(a * b for a, b in zip(people[person], films[film]))
    print(f"{person},{film},{3 + liked + random.gauss(0, 0.3):.1f}")
