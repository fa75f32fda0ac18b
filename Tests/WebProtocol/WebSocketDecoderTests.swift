import Testing
import WebProtocol
