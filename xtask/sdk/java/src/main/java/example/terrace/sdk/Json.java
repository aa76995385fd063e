package example.terrace.sdk;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.OffsetDateTime;

/** How what is sent and answered is written: times as RFC 3339 says, and what is new in an answer is passed over. */
final class Json {
    private static final JsonInclude.Value GIVEN =
            JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS);
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
            .defaultPropertyInclusion(GIVEN)
            .addModule(new SimpleModule().addSerializer(new WriteInstant()).addDeserializer(Instant.class, new ReadInstant()))
            .build();

    private Json() {}

    static JavaType of(Class<?> type, Class<?>... parameters) {
        return MAPPER.getTypeFactory().constructParametricType(type, parameters);
    }

    static byte[] write(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    /** Throws an {@link UncheckedIOException} for what is no such value. */
    static <T> T read(byte[] text, JavaType type) {
        try {
            return MAPPER.readValue(text, type);
        } catch (IOException fault) {
            throw new UncheckedIOException(fault);
        }
    }

    static <T> T read(byte[] text, Class<T> type) {
        return read(text, MAPPER.constructType(type));
    }

    private static final class WriteInstant extends StdScalarSerializer<Instant> {
        WriteInstant() {
            super(Instant.class);
        }

        @Override
        public void serialize(Instant value, JsonGenerator to, SerializerProvider provider) throws IOException {
            to.writeString(value.toString());
        }
    }

    private static final class ReadInstant extends StdScalarDeserializer<Instant> {
        ReadInstant() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser from, DeserializationContext context) throws IOException {
            return OffsetDateTime.parse(from.getText()).toInstant();
        }
    }
}
