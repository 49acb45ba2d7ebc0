import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * Kafka's own message classes behind standard input and output: a JSON line in, a JSON line out.
 *
 * <p>{@code {"encode": key, "version": v, "body": {...}}} gives {@code {"frame": base64}}, a request
 * with its header and correlation id 0; {@code {"decode": key, "version": v, "frame": base64}} gives
 * {@code {"body": {...}, "left": bytes after the message}}. What can't be done gives an {@code error}.
 */
public class Codec {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Map<Class<?>, Method> READERS = new HashMap<>();
    private static final Map<Class<?>, Method> WRITERS = new HashMap<>();

    public static void main(String[] arguments) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.println(MAPPER.writeValueAsString(answer(line)));
            out.flush();
        }
    }

    private static ObjectNode answer(String line) {
        try {
            JsonNode request = MAPPER.readTree(line);
            return request.has("encode") ? encode(request) : decode(request);
        } catch (InvocationTargetException e) {
            return MAPPER.createObjectNode().put("error", String.valueOf(e.getCause()));
        } catch (Exception | LinkageError e) {
            return MAPPER.createObjectNode().put("error", String.valueOf(e));
        }
    }

    private static ObjectNode encode(JsonNode request) throws ReflectiveOperationException {
        ApiKeys api = ApiKeys.forId(request.get("encode").asInt());
        short version = (short) request.get("version").asInt();
        Method read = converter(READERS, api.messageType.newRequest(), "read", JsonNode.class, short.class);
        ApiMessage body = (ApiMessage) read.invoke(null, request.get("body"), version);
        RequestHeader header = new RequestHeader(api, version, "equivalence", 0);
        ByteBuffer head = MessageUtil.toByteBufferAccessor(header.data(), header.headerVersion()).buffer();
        ByteBuffer rest = MessageUtil.toByteBufferAccessor(body, version).buffer();
        ByteBuffer frame = ByteBuffer.allocate(head.remaining() + rest.remaining()).put(head).put(rest);
        return MAPPER.createObjectNode().put("frame", Base64.getEncoder().encodeToString(frame.array()));
    }

    private static ObjectNode decode(JsonNode request) throws ReflectiveOperationException {
        ApiKeys api = ApiKeys.forId(request.get("decode").asInt());
        short version = (short) request.get("version").asInt();
        byte[] frame = Base64.getDecoder().decode(request.get("frame").asText());
        ByteBufferAccessor in = new ByteBufferAccessor(ByteBuffer.wrap(frame));
        new ResponseHeaderData(in, api.responseHeaderVersion(version));
        ApiMessage body = api.messageType.newResponse();
        body.read(in, version);
        Method write = converter(WRITERS, body, "write", body.getClass(), short.class, boolean.class);
        JsonNode json = (JsonNode) write.invoke(null, body, version, false);
        showRecords(body, json);
        ObjectNode answer = MAPPER.createObjectNode();
        answer.set("body", json);
        return answer.put("left", in.remaining());
    }

    private static Method converter(
            Map<Class<?>, Method> known, ApiMessage message, String name, Class<?>... parameters)
            throws ReflectiveOperationException {
        Method found = known.get(message.getClass());
        if (found == null) {
            Class<?> type = Class.forName(message.getClass().getName() + "JsonConverter");
            found = type.getMethod(name, parameters);
            known.put(message.getClass(), found);
        }
        return found;
    }

    /** Kafka's converters give the size of record batches only; what is in them matters here. */
    private static void showRecords(ApiMessage message, JsonNode json) {
        if (message instanceof FetchResponseData) {
            FetchResponseData data = (FetchResponseData) message;
            for (int i = 0; i < data.responses().size(); i++) {
                for (int j = 0; j < data.responses().get(i).partitions().size(); j++) {
                    ObjectNode at = (ObjectNode) json.at("/responses/" + i + "/partitions/" + j);
                    Object records = data.responses().get(i).partitions().get(j).records();
                    at.set("batches", batches((MemoryRecords) records));
                }
            }
        } else if (message instanceof ShareFetchResponseData) {
            int i = 0;
            for (ShareFetchResponseData.ShareFetchableTopicResponse topic :
                    ((ShareFetchResponseData) message).responses()) {
                int j = 0;
                for (ShareFetchResponseData.PartitionData partition : topic.partitions()) {
                    ObjectNode at = (ObjectNode) json.at("/responses/" + i + "/partitions/" + j++);
                    at.set("batches", batches((MemoryRecords) partition.records()));
                }
                i++;
            }
        }
    }

    private static ArrayNode batches(MemoryRecords records) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        if (records == null) {
            return list;
        }
        for (RecordBatch batch : records.batches()) {
            ObjectNode one = list.addObject();
            one.put("baseOffset", batch.baseOffset()).put("lastOffset", batch.lastOffset());
            one.put("transactional", batch.isTransactional()).put("control", batch.isControlBatch());
            one.put("epoch", batch.producerEpoch()).put("sequence", batch.baseSequence());
            ArrayNode values = one.putArray("values");
            for (Record record : batch) {
                values.add(text(record.value()));
            }
        }
        return list;
    }

    private static String text(ByteBuffer value) {
        return value == null ? null : StandardCharsets.ISO_8859_1.decode(value.duplicate()).toString();
    }
}
