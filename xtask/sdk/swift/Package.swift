// swift-tools-version: 6.0
import Foundation
import PackageDescription

// The second is there when the first lines of the docs are tried.
let examples = ["Scenario", "Start"].filter {
    FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Examples/\($0)")
}

let package = Package(
    name: "terrace-sdk",
    platforms: [.macOS(.v13), .iOS(.v16), .tvOS(.v16), .watchOS(.v9)],
    products: [.library(name: "TerraceSDK", targets: ["TerraceSDK"])],
    targets: [.target(name: "TerraceSDK")]
        + examples.map { .executableTarget(name: $0, dependencies: ["TerraceSDK"], path: "Examples/\($0)") }
)
