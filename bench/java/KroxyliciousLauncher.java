import io.kroxylicious.proxy.KafkaProxy;
import io.kroxylicious.proxy.config.ConfigParser;
import io.kroxylicious.proxy.config.Configuration;
import io.kroxylicious.proxy.internal.config.Features;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs Kroxylicious, whose own launcher is not published as a jar, on a configuration file. */
public class KroxyliciousLauncher {
    public static void main(String[] arguments) throws Exception {
        ConfigParser parser = new ConfigParser();
        Configuration configuration;
        try (InputStream file = Files.newInputStream(Path.of(arguments[0]))) {
            configuration = parser.parseConfiguration(file);
        }
        try (KafkaProxy proxy = new KafkaProxy(parser, configuration, Features.defaultFeatures())) {
            proxy.startup();
            proxy.block();
        }
    }
}
