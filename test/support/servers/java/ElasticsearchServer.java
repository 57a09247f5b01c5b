import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * Starts one real Elasticsearch node from the jars of Maven Central, where its start scripts and most modules are not.
 * Arguments: home folder (config, modules, plugins), data folder, HTTP port, then key=value settings.
 */
class ElasticsearchServer {
  public static void main(String[] arguments) throws Exception {
    Path home = Path.of(arguments[0]).toAbsolutePath();
    System.setProperty("es.path.home", home.toString());
    System.setProperty("es.path.conf", home.resolve("config").toString());
    System.setProperty("es.distribution.type", "tar");

    var settings = Settings.builder()
      .put("path.home", home.toString())
      .put("path.data", Path.of(arguments[1]).toAbsolutePath().toString())
      .put("path.logs", Path.of(arguments[1], "logs").toAbsolutePath().toString())
      .put("cluster.name", "fantail-test")
      .put("discovery.type", "single-node")
      .put("network.host", "127.0.0.1")
      .put("http.port", arguments[2])
      .put("transport.port", "0")
      .put("cluster.routing.allocation.disk.threshold_enabled", false);
    for (int i = 3; i < arguments.length; i++) {
      String[] setting = arguments[i].split("=", 2);
      settings.put(setting[0], setting[1]);
    }

    Environment environment =
      InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), home.resolve("config"), () -> "test-node");
    Files.createDirectories(Path.of(arguments[1], "logs"));
    LogConfigurator.setNodeName("test-node");
    LogConfigurator.registerErrorListener();
    LogConfigurator.configure(environment, true);

    var modules = Bundles.modules(environment.modulesDir());
    var plugins = Bundles.plugins(environment.pluginsDir());
    // The last argument leaves out the check of packages against the module layer, which a class path does not have.
    Node node = new Node(environment, PluginsLoader.createPluginsLoader(modules, plugins, Map.of(), false));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        node.close();
      } catch (Exception e) {
        e.printStackTrace();
      }
    }));
    node.start();
    Thread.currentThread().join();
  }
}
