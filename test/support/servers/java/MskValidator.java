import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;

/**
 * Checks the token of a login to Amazon MSK with IAM as the service does, for one key: a presigned request
 * kafka-cluster:Connect (AWS Signature Version 4) whose time is not over. The login holds for four seconds, after which the
 * broker ends the connection (KIP-368).
 */
public class MskValidator implements AuthenticateCallbackHandler {
  private static final String KEY = "AKIDMSK";
  private static final String SECRET = "msk-secret";
  private static final long LIFETIME = 4000;

  @Override
  public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {}

  @Override
  public void close() {}

  @Override
  public void handle(Callback[] callbacks) throws UnsupportedCallbackException {
    for (Callback callback : callbacks) {
      if (!(callback instanceof OAuthBearerValidatorCallback login)) throw new UnsupportedCallbackException(callback);
      try {
        check(login.tokenValue());
        login.token(new Token(login.tokenValue(), System.currentTimeMillis()));
      } catch (Exception e) {
        login.error("invalid_token", e.getMessage(), null);
      }
    }
  }

  private static void check(String token) throws GeneralSecurityException {
    URI url = URI.create(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8));
    var query = new TreeMap<String, String>();
    for (String pair : url.getRawQuery().split("&")) query.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
    String signature = query.remove("X-Amz-Signature");
    query.remove("User-Agent");
    demand(url.getHost().equals("kafka.eu-central-1.amazonaws.com"), "host");
    demand("kafka-cluster:Connect".equals(URLDecoder.decode(query.get("Action"), StandardCharsets.UTF_8)), "action");
    String time = query.get("X-Amz-Date");
    Instant begin = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC).parse(time, Instant::from);
    Duration age = Duration.between(begin, Instant.now());
    demand(age.toSeconds() > -300 && age.toSeconds() < Long.parseLong(query.get("X-Amz-Expires")), "time");
    String scope = time.substring(0, 8) + "/eu-central-1/kafka-cluster/aws4_request";
    demand((KEY + "/" + scope).equals(URLDecoder.decode(query.get("X-Amz-Credential"), StandardCharsets.UTF_8)), "credential");
    String text = query.entrySet().stream().map(entry -> entry.getKey() + "=" + entry.getValue()).collect(Collectors.joining("&"));
    String request = String.join("\n", "GET", "/", text, "host:" + url.getHost(), "", "host", sha256(""));
    byte[] key = ("AWS4" + SECRET).getBytes(StandardCharsets.UTF_8);
    for (String part : scope.split("/")) key = hmac(key, part);
    String wanted = hex(hmac(key, String.join("\n", "AWS4-HMAC-SHA256", time, scope, sha256(request))));
    demand(Arrays.equals(wanted.getBytes(StandardCharsets.UTF_8), signature.getBytes(StandardCharsets.UTF_8)), "signature");
  }

  private static void demand(boolean holds, String what) {
    if (!holds) throw new IllegalArgumentException("wrong " + what);
  }

  private static String sha256(String text) throws GeneralSecurityException {
    return hex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private record Token(String value, long begin) implements OAuthBearerToken {
    @Override
    public Set<String> scope() {
      return Set.of();
    }

    @Override
    public long lifetimeMs() {
      return begin + LIFETIME;
    }

    @Override
    public String principalName() {
      return KEY;
    }

    @Override
    public Long startTimeMs() {
      return begin;
    }
  }
}
