import java.io.File;
import java.io.FileInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Producers that send one record after the other, each with the settings of a file: `TOPIC FILE...`. Prints `NAME live`
 * once some are acknowledged, `NAME ended EXCEPTION` where one ends it, and how many were acknowledged (`NAME sent N`)
 * after a line on the standard input.
 */
public class SendOn {
    private static final int LIVE = 5;
    private static volatile boolean enough = false;

    public static void main(String[] arguments) throws Exception {
        List<Thread> threads = new ArrayList<>();
        for (int each = 1; each < arguments.length; each++) {
            File file = new File(arguments[each]);
            String name = file.getName().replace(".properties", "");
            Thread thread = new Thread(() -> send(arguments[0], name, file));
            thread.start();
            threads.add(thread);
        }
        System.in.read();
        enough = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void send(String topic, String name, File file) {
        Properties settings = new Properties();
        try (FileInputStream text = new FileInputStream(file)) {
            settings.load(text);
        } catch (java.io.IOException error) {
            throw new java.io.UncheckedIOException(error);
        }
        String serializer = "org.apache.kafka.common.serialization.StringSerializer";
        settings.put("key.serializer", serializer);
        settings.put("value.serializer", serializer);
        settings.put("client.id", name);
        settings.put("request.timeout.ms", "10000");
        settings.put("max.block.ms", "60000");
        int sent = 0;
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
            while (!enough) {
                producer.send(new ProducerRecord<>(topic, name + " " + sent)).get();
                sent++;
                if (sent == LIVE) {
                    say(name + " live");
                }
                Thread.sleep(5);
            }
            say(name + " sent " + sent);
        } catch (ExecutionException error) {
            say(name + " ended " + error.getCause().getClass().getSimpleName());
        } catch (Exception error) {
            say(name + " ended " + error.getClass().getSimpleName());
        }
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
