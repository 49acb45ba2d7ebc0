import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.metadata.authorizer.StandardAcl;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/**
 * Kafka's own authorizer without a broker. Reads lines of words, texts among them in Base64: `super
 * USERS` begins anew, `acl TYPE NAME PATTERN PRINCIPAL HOST OPERATION PERMISSION` adds one, and
 * `ask USER OPERATION TYPE NAME HOST` is answered with a line.
 */
public class Authorize {
    record Caller(KafkaPrincipal principal, InetAddress clientAddress)
            implements AuthorizableRequestContext {
        public String listenerName() {
            return "test";
        }

        public SecurityProtocol securityProtocol() {
            return SecurityProtocol.SASL_SSL;
        }

        public int requestType() {
            return 0;
        }

        public int requestVersion() {
            return 0;
        }

        public String clientId() {
            return "";
        }

        public int correlationId() {
            return 0;
        }
    }

    static String text(String encoded) {
        return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
    }

    static StandardAuthorizer begin(String superUsers) {
        StandardAuthorizer authorizer = new StandardAuthorizer();
        authorizer.configure(Map.of("super.users", text(superUsers)));
        authorizer.withPluginMetrics(new PluginMetricsImpl(new Metrics(), Map.of()));
        authorizer.completeInitialLoad();
        return authorizer;
    }

    static StandardAcl acl(String[] words) {
        return new StandardAcl(
                ResourceType.valueOf(words[1]),
                text(words[2]),
                PatternType.valueOf(words[3]),
                text(words[4]),
                text(words[5]),
                AclOperation.valueOf(words[6]),
                AclPermissionType.valueOf(words[7]));
    }

    public static void main(String[] arguments) throws Exception {
        InputStreamReader bytes = new InputStreamReader(System.in, StandardCharsets.UTF_8);
        BufferedReader lines = new BufferedReader(bytes);
        StringBuilder answers = new StringBuilder();
        StandardAuthorizer authorizer = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ", -1);
            if (words[0].equals("super")) {
                authorizer = begin(words[1]);
            } else if (words[0].equals("acl")) {
                authorizer.addAcl(Uuid.randomUuid(), acl(words));
            } else {
                KafkaPrincipal user = new KafkaPrincipal("User", text(words[1]));
                Caller caller = new Caller(user, InetAddress.getByName(words[5]));
                ResourcePattern resource =
                        new ResourcePattern(
                                ResourceType.valueOf(words[3]), text(words[4]), PatternType.LITERAL);
                Action action =
                        new Action(AclOperation.valueOf(words[2]), resource, 1, false, false);
                answers.append(authorizer.authorize(caller, List.of(action)).get(0)).append('\n');
            }
        }
        System.out.print(answers);
    }
}
