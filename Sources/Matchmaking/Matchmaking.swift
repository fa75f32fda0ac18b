// Matchmaking
