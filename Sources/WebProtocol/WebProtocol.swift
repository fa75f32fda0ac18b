// WebProtocol
