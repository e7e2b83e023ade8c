// Stable method names from what the runtime calls a distributed method.
import ActorCluster
import Testing

@Suite struct MethodNameTests {
  @Test(arguments: [
    ("ContactCenter.Agent.accept(_:)", "accept"), ("ClusterTestKit.Counter.value(_:)", "value"),
    ("M.Outer.Inner.call(with:)", "call"), ("M.T.done()", "done"), ("accept(_:)", "accept"),
    ("accept", "accept"), ("M.T.übergabe(_:)", "übergabe"), ("", ""),
  ])
  func theBaseName(description: String, name: String) {
    #expect(MethodName.stable(description: description) == name)
  }
}
