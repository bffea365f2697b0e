"""Short jokes, told in one breath."""

JOKES = [
    "Why did the clock go to the doctor? It needed more time.",
    "Why was the sandwich so calm? It had everything in between.",
    "What do you call a sleeping train? A slow coach.",
    "Why did the map blush? It saw all the sights.",
    "What does a cloud wear under its coat? Thunder wear.",
    "Why did the teapot win the prize? It always poured its heart out.",
    "What is a snail's favourite ticket? A season ticket.",
    "Why are ghosts bad guides? You can see right through them.",
    "Why did the bicycle fall over? It was too tired.",
    "What did the wall say to the other wall? Meet you at the corner.",
    "Why did the umbrella feel left out? It was a sunny day.",
    "What do you get when you cross a castle and a cake? A royal treat.",
    "Why do bees hum? They forgot the words.",
    "Why did the spoon get lost? It went around in circles.",
    "What sits on the seabed and shakes? A nervous wreck.",
    "Why was the broom late? It over swept.",
]
