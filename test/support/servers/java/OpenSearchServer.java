import org.codelibs.opensearch.runner.OpenSearchRunner;

/** Starts one real OpenSearch node. Arguments: base folder, HTTP port, transport port, then key=value settings. */
class OpenSearchServer {
  public static void main(String[] arguments) throws Exception {
    var runner = new OpenSearchRunner();
    runner.onBuild((number, settings) -> {
      settings.put("http.port", arguments[1]);
      settings.put("transport.port", arguments[2]);
      settings.put("network.host", "127.0.0.1");
      settings.put("discovery.type", "single-node");
      settings.put("http.cors.enabled", false);
      settings.put("cluster.routing.allocation.disk.threshold_enabled", false);
      for (int i = 3; i < arguments.length; i++) {
        String[] setting = arguments[i].split("=", 2);
        settings.put(setting[0], setting[1]);
      }
    });
    runner.build(OpenSearchRunner.newConfigs().basePath(arguments[0]).numOfNode(1).clusterName("fantail-test"));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        runner.close();
      } catch (Exception e) {
        e.printStackTrace();
      }
    }));
    runner.ensureYellow();
    Thread.currentThread().join();
  }
}
