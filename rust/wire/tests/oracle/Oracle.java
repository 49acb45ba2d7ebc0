import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Scanner;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** Reads and writes again each message of standard input with Kafka's own classes. */
public class Oracle {
    public static void main(String[] arguments) {
        int messages = 0;
        int wrong = 0;
        try (Scanner lines = new Scanner(System.in)) {
            while (lines.hasNext()) {
                short key = lines.nextShort();
                short version = lines.nextShort();
                String direction = lines.next();
                String hex = lines.next().substring(1);
                messages++;
                String found = differs(key, version, direction, HexFormat.of().parseHex(hex));
                if (found != null) {
                    wrong++;
                    System.out.println(key + " v" + version + " " + direction + ": " + found);
                }
            }
        }
        System.out.println(messages + " messages, " + wrong + " differ");
        System.exit(wrong == 0 ? 0 : 1);
    }

    private static String differs(short key, short version, String direction, byte[] bytes) {
        try {
            ApiMessageType type = ApiMessageType.fromApiKey(key);
            boolean request = direction.equals("request");
            ApiMessage message = request ? type.newRequest() : type.newResponse();
            ByteBufferAccessor in = new ByteBufferAccessor(ByteBuffer.wrap(bytes));
            message.read(in, version);
            if (in.remaining() != 0) {
                return in.remaining() + " bytes are left";
            }
            ObjectSerializationCache cache = new ObjectSerializationCache();
            ByteBuffer out = ByteBuffer.allocate(message.size(cache, version));
            message.write(new ByteBufferAccessor(out), cache, version);
            return Arrays.equals(out.array(), bytes) ? null : "written differently: " + message;
        } catch (RuntimeException e) {
            return e.toString();
        }
    }
}
