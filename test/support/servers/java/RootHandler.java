import java.util.List;
import org.elasticsearch.Build;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;

/** Answers GET and HEAD / as the rest-root module does, which Maven Central lacks; client.info() and ping() need it. */
class RootHandler extends BaseRestHandler {
  @Override
  public String getName() {
    return "root_endpoint";
  }

  @Override
  public List<Route> routes() {
    return List.of(new Route(RestRequest.Method.GET, "/"), new Route(RestRequest.Method.HEAD, "/"));
  }

  @Override
  protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
    String body = """
      {"name":"test-node","cluster_name":"fantail-test","version":{"number":"%s","build_flavor":"default"},\
      "tagline":"You Know, for Search"}""".formatted(Build.current().version());
    return channel -> channel.sendResponse(new RestResponse(RestStatus.OK, "application/json", body));
  }
}
