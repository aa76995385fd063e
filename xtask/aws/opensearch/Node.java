import java.util.List;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.Node;
import org.opensearch.transport.Netty4Plugin;

/** One OpenSearch node, from the class path: java Node.java FOLDER HTTP_PORT TRANSPORT_PORT. */
class TestNode extends Node {
  TestNode(Environment environment) {
    super(environment, List.of(Netty4Plugin.class), true);
  }

  public static void main(String[] arguments) throws Exception {
    Settings settings = Settings.builder()
        .put("path.home", arguments[0])
        .put("path.data", arguments[0] + "/data")
        .put("cluster.name", "terrace")
        .put("node.name", "one")
        .put("discovery.type", "single-node")
        .put("http.type", "netty4")
        .put("http.host", "127.0.0.1")
        .put("http.port", arguments[1])
        .put("transport.type", "netty4")
        .put("transport.host", "127.0.0.1")
        .put("transport.port", arguments[2])
        .put("node.processors", 1)
        // How full the disk is says nothing of a test.
        .put("cluster.routing.allocation.disk.threshold_enabled", false)
        .build();
    new TestNode(new Environment(settings, null)).start();
    Thread.currentThread().join();
  }
}
