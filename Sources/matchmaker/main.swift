print("matchmaker")
