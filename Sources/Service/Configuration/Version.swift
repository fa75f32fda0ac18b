/// The version of this build: the one place that says it.
public enum Version {
    public static let text = "0.1.0"
}
