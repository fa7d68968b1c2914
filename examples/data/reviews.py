#!/usr/bin/env python3
"""reviews.py > reviews.csv - reviews of films put together from a few words, as numbers: twelve
words each (0: none), then 1 for a good one, 0 for a bad one. A "not" turns the word behind it."""
import random

FILLERS = "the a film story plot cast music and is was it this with very so quite rather to me at all we saw".split()
GOOD = "great moving funny clever warm brilliant gripping fresh charming superb".split()
BAD = "dull boring slow silly weak awful tired stale clumsy dreadful".split()
WORDS = ["", "not"] + FILLERS + GOOD + BAD
random.seed(1)


def review():
    good = random.random() < 0.5
    words = []
    for _ in range(random.randint(2, 4)):
        words += random.choices(FILLERS, k=random.randint(0, 2))
        says_good = good if random.random() < 0.9 else not good
        turned = random.random() < 0.25
        words += ["not"] * turned + [random.choice(GOOD if says_good != turned else BAD)]
    score = 0
    for word, before in zip(words, [""] + words):
        sign = (word in GOOD) - (word in BAD)
        score += -sign if before == "not" else sign
    return words[:12], score


rows = []
while len(rows) < 1200:
    words, score = review()
    if score != 0:
        numbers = [WORDS.index(word) for word in words] + [0] * (12 - len(words))
        rows.append(numbers + [int(score > 0)])
print(",".join([f"w{t}" for t in range(12)] + ["good"]))
for row in rows:
    print(",".join(map(str, row)))
