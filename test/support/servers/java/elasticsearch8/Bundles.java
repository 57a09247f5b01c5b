import java.nio.file.Path;
import java.util.Set;
import org.elasticsearch.plugins.PluginBundle;
import org.elasticsearch.plugins.PluginsLoader;

/** How Elasticsearch 8 finds its modules and plugins. */
class Bundles {
  static Set<PluginBundle> modules(Path folder) {
    return PluginsLoader.loadModulesBundles(folder);
  }

  static Set<PluginBundle> plugins(Path folder) {
    return PluginsLoader.loadPluginsBundles(folder);
  }
}
