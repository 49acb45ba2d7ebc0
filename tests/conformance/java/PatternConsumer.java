import java.io.FileInputStream;
import java.time.Duration;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;

/** Subscribes by a pattern of RE2, reads so many records, commits, and prints the topics that it was given. */
public class PatternConsumer {
    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        try (FileInputStream file = new FileInputStream(arguments[0])) {
            settings.load(file);
        }
        String deserializer = "org.apache.kafka.common.serialization.StringDeserializer";
        settings.put("key.deserializer", deserializer);
        settings.put("value.deserializer", deserializer);
        settings.put("group.protocol", "consumer");
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("group.id", arguments[1]);
        TreeSet<String> topics = new TreeSet<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
            consumer.subscribe(new SubscriptionPattern(arguments[2]));
            int wanted = Integer.parseInt(arguments[3]);
            long deadline = System.currentTimeMillis() + 60_000;
            while (wanted > 0 && System.currentTimeMillis() < deadline) {
                for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(200))) {
                    topics.add(each.topic());
                    wanted--;
                }
            }
            consumer.assignment().forEach(each -> topics.add(each.topic()));
            consumer.commitSync();
            if (wanted > 0) {
                throw new IllegalStateException(wanted + " records did not come");
            }
        }
        topics.forEach(System.out::println);
    }
}
