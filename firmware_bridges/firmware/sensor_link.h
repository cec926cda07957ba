/* Sensor link 1.0: how firmware tells the bedside gateway several vitals at once. Specification: docs/sensor-link.md.
 *
 * This header is all there is: C99 or C++11, from an ATmega328P up; no heap, no stdio, no global state. A sender takes
 * 262 bytes of RAM and computes a frame in place:
 *
 *     static sensor_link gateway;                      // starts at sequence 0
 *     sensor_link_value values[] = {
 *         {SENSOR_LINK_PULSE_RATE, sensor_link_state(SENSOR_LINK_OK), 72},
 *         {SENSOR_LINK_SPO2, sensor_link_state(SENSOR_LINK_SENSOR_OFF), SENSOR_LINK_NO_VALUE},
 *     };
 *     uint8_t size = sensor_link_measurement(&gateway, millis(), values, 2);
 *     Serial.write(gateway.frame, size);               // size 0: refused, nothing to send
 *
 * Send a measurement about once a second, and identity and status at start, when they change, and once a minute.
 * A number is not a measurement: say by its state how far it may be trusted, and never repeat one that was held.
 */
#ifndef SENSOR_LINK_H
#define SENSOR_LINK_H

#include <stdint.h>

#define SENSOR_LINK_VERSION 0x10                    /* major 1, minor 0 */
#define SENSOR_LINK_LONGEST 255                     /* bytes of a frame with its closing 00 */
#define SENSOR_LINK_MOST_VALUES 40                  /* values that fit into one measurement */
#define SENSOR_LINK_NO_VALUE (-2147483647L - 1)     /* stands where the device has no number */
#define SENSOR_LINK_UNKNOWN_BATTERY 255             /* what a device without a gauge says */
#define SENSOR_LINK_HEADER 8
#define SENSOR_LINK_LONGEST_BODY 243                /* 253 of payload, less header and CRC */
#define SENSOR_LINK_VALUE_SIZE 6
#define SENSOR_LINK_STATUS_SIZE 6

enum sensor_link_type { SENSOR_LINK_MEASUREMENT = 1, SENSOR_LINK_IDENTITY = 2, SENSOR_LINK_STATUS = 3 };

/* What is measured, in units of: 1/min for rates, 1 % for SpO2, 1 mmHg, 0.1 Cel, 0.01 % for the perfusion index. */
enum sensor_link_vital {
    SENSOR_LINK_HEART_RATE = 1,
    SENSOR_LINK_PULSE_RATE = 2,
    SENSOR_LINK_SPO2 = 3,
    SENSOR_LINK_RESPIRATORY_RATE = 4,
    SENSOR_LINK_SYSTOLIC = 5,
    SENSOR_LINK_DIASTOLIC = 6,
    SENSOR_LINK_MEAN_PRESSURE = 7,
    SENSOR_LINK_TEMPERATURE = 8,
    SENSOR_LINK_PERFUSION_INDEX = 9,
    SENSOR_LINK_CUFF_PULSE_RATE = 10
};

enum sensor_link_validity { SENSOR_LINK_VALID = 0, SENSOR_LINK_QUESTIONABLE = 1, SENSOR_LINK_INVALID = 2 };

enum sensor_link_reason {
    SENSOR_LINK_OK = 0,
    SENSOR_LINK_SENSOR_OFF = 1,
    SENSOR_LINK_SENSOR_DISCONNECTED = 2,
    SENSOR_LINK_SEARCHING = 3,
    SENSOR_LINK_LOW_PERFUSION = 4,
    SENSOR_LINK_WEAK_SIGNAL = 5,
    SENSOR_LINK_ARTEFACT = 6,
    SENSOR_LINK_HELD = 7,
    SENSOR_LINK_EARLY_ESTIMATE = 8,
    SENSOR_LINK_STORED = 9,
    SENSOR_LINK_DEMO = 10,
    SENSOR_LINK_TEST = 11,
    SENSOR_LINK_CALIBRATING = 12,
    SENSOR_LINK_NOT_AVAILABLE = 13,
    SENSOR_LINK_QUESTIONED_BY_DEVICE = 14,
    SENSOR_LINK_MALFUNCTION = 15,
    SENSOR_LINK_WRONG_SAMPLE = 16,
    SENSOR_LINK_REASONS = 17
};

typedef struct {
    uint8_t vital;
    uint8_t state; /* validity in bits 7-6, reason in bits 5-0: take sensor_link_state() */
    int32_t value;
} sensor_link_value;

/* A sender. `frame` holds the `size` bytes to send next; `sequence` is the next frame's. All zero is a fresh one. */
typedef struct {
    uint16_t sequence;
    uint16_t crc;
    uint8_t code_at;
    uint8_t size;
    uint8_t frame[SENSOR_LINK_LONGEST];
} sensor_link;

/* Return CRC-16/MCRF4XX over one more byte; start with 0xFFFF. */
static inline uint16_t sensor_link_crc(uint16_t crc, uint8_t byte) {
    uint8_t bit;
    crc = (uint16_t)(crc ^ byte);
    for (bit = 0; bit < 8; bit++) {
        crc = (uint16_t)((crc & 1) ? (crc >> 1) ^ 0x8408 : crc >> 1);
    }
    return crc;
}

/* Return what `reason` alone does to a number. One that the specification does not know reads as questioned. */
static inline uint8_t sensor_link_validity_of(uint8_t reason) {
    switch (reason) {
    case SENSOR_LINK_OK:
        return SENSOR_LINK_VALID;
    case SENSOR_LINK_LOW_PERFUSION:
    case SENSOR_LINK_WEAK_SIGNAL:
    case SENSOR_LINK_ARTEFACT:
    case SENSOR_LINK_EARLY_ESTIMATE:
    case SENSOR_LINK_QUESTIONED_BY_DEVICE:
        return SENSOR_LINK_QUESTIONABLE;
    default:
        return reason < SENSOR_LINK_REASONS ? SENSOR_LINK_INVALID : SENSOR_LINK_QUESTIONABLE;
    }
}

/* Return the state of a value: `reason` with the validity that follows from it. */
static inline uint8_t sensor_link_state(uint8_t reason) {
    return (uint8_t)(sensor_link_validity_of(reason) << 6 | reason);
}

/* ---------------------------------------------------------------------------------------------------------- sending */

static inline void sensor_link_stuff_(sensor_link *link, uint8_t byte) {
    if (byte != 0) {
        link->frame[link->size++] = byte;
        return;
    }
    link->frame[link->code_at] = (uint8_t)(link->size - link->code_at);
    link->code_at = link->size++;
}

static inline void sensor_link_u8_(sensor_link *link, uint8_t byte) {
    link->crc = sensor_link_crc(link->crc, byte);
    sensor_link_stuff_(link, byte);
}

static inline void sensor_link_u16_(sensor_link *link, uint16_t number) {
    sensor_link_u8_(link, (uint8_t)number);
    sensor_link_u8_(link, (uint8_t)(number >> 8));
}

static inline void sensor_link_u32_(sensor_link *link, uint32_t number) {
    sensor_link_u16_(link, (uint16_t)number);
    sensor_link_u16_(link, (uint16_t)(number >> 16));
}

static inline void sensor_link_begin_(sensor_link *link, uint8_t type, uint32_t ms) {
    link->crc = 0xFFFF;
    link->code_at = 0;
    link->size = 1;
    sensor_link_u8_(link, SENSOR_LINK_VERSION);
    sensor_link_u8_(link, type);
    sensor_link_u16_(link, link->sequence++);
    sensor_link_u32_(link, ms);
}

static inline uint8_t sensor_link_end_(sensor_link *link) {
    uint16_t crc = link->crc;
    sensor_link_stuff_(link, (uint8_t)crc);
    sensor_link_stuff_(link, (uint8_t)(crc >> 8));
    link->frame[link->code_at] = (uint8_t)(link->size - link->code_at);
    link->frame[link->size++] = 0;
    return link->size;
}

static inline uint8_t sensor_link_refused_(sensor_link *link) {
    link->size = 0;
    return 0;
}

/* Make a measurement of what was measured `ms` milliseconds after the start. Return the bytes to send of `frame`;
 * 0 if a vital comes twice or there are more than SENSOR_LINK_MOST_VALUES. A spot vital is sent once per measurement. */
static inline uint8_t sensor_link_measurement(sensor_link *link, uint32_t ms, const sensor_link_value *values,
                                              uint8_t count) {
    uint8_t i, j;
    if (count > SENSOR_LINK_MOST_VALUES) {
        return sensor_link_refused_(link);
    }
    for (i = 0; i < count; i++) {
        for (j = 0; j < i; j++) {
            if (values[i].vital == values[j].vital) {
                return sensor_link_refused_(link);
            }
        }
    }
    sensor_link_begin_(link, SENSOR_LINK_MEASUREMENT, ms);
    sensor_link_u8_(link, count);
    for (i = 0; i < count; i++) {
        sensor_link_u8_(link, values[i].vital);
        sensor_link_u8_(link, values[i].state);
        sensor_link_u32_(link, (uint32_t)values[i].value);
    }
    return sensor_link_end_(link);
}

/* Say which device this is: printable ASCII, never a patient. Return the bytes to send of `frame`; 0 if there is
 * another character, or more than 240 of them. */
static inline uint8_t sensor_link_identity(sensor_link *link, uint32_t ms, const char *model, const char *serial,
                                           const char *firmware) {
    const char *texts[3];
    uint8_t sizes[3];
    uint16_t total = 0;
    uint8_t i, j;
    texts[0] = model;
    texts[1] = serial;
    texts[2] = firmware;
    for (i = 0; i < 3; i++) {
        sizes[i] = 0;
        while (texts[i][sizes[i]] != '\0') {
            if (texts[i][sizes[i]] < ' ' || texts[i][sizes[i]] > '~' || ++total > SENSOR_LINK_LONGEST_BODY - 3) {
                return sensor_link_refused_(link);
            }
            sizes[i]++;
        }
    }
    sensor_link_begin_(link, SENSOR_LINK_IDENTITY, ms);
    for (i = 0; i < 3; i++) {
        sensor_link_u8_(link, sizes[i]);
        for (j = 0; j < sizes[i]; j++) {
            sensor_link_u8_(link, (uint8_t)texts[i][j]);
        }
    }
    return sensor_link_end_(link);
}

/* Say how the device is: battery in percent or SENSOR_LINK_UNKNOWN_BATTERY, whether it is low, and a bit per reason
 * that holds now: (uint32_t)1 << SENSOR_LINK_SENSOR_OFF. Return the bytes to send of `frame`. */
static inline uint8_t sensor_link_status(sensor_link *link, uint32_t ms, uint8_t battery, uint8_t low,
                                         uint32_t conditions) {
    sensor_link_begin_(link, SENSOR_LINK_STATUS, ms);
    sensor_link_u8_(link, battery);
    sensor_link_u8_(link, (uint8_t)(low ? 1 : 0));
    sensor_link_u32_(link, conditions);
    return sensor_link_end_(link);
}

/* -------------------------------------------------------------------------------------------------------- receiving */

enum sensor_link_error {
    SENSOR_LINK_FINE = 0,
    SENSOR_LINK_BAD_COBS = 1,
    SENSOR_LINK_BAD_CRC = 2,
    SENSOR_LINK_BAD_VERSION = 3, /* another major one */
    SENSOR_LINK_BAD_CONTENT = 4  /* a body too short, too long for its minor version, or not allowed */
};

/* A frame that was read. `body` lies in the buffer it was read from; for a type not known here it is not looked at. */
typedef struct {
    uint8_t version;
    uint8_t type;
    uint16_t sequence;
    uint32_t ms;
    const uint8_t *body;
    uint8_t body_size;
} sensor_link_seen;

static inline uint32_t sensor_link_number_(const uint8_t *at, uint8_t size) {
    uint32_t number = 0;
    while (size-- > 0) {
        number = number << 8 | at[size];
    }
    return number;
}

/* Undo COBS in place; return the bytes there are now, SENSOR_LINK_LONGEST if it is no COBS. The 00 that follows the
 * `size` bytes ends every block that claims to be longer than they are. */
static inline uint8_t sensor_link_unstuff_(uint8_t *bytes, uint8_t size) {
    uint8_t read = 0, written = 0, code;
    while (read < size) {
        code = bytes[read++];
        if (code == 0) {
            return SENSOR_LINK_LONGEST;
        }
        while (--code > 0) {
            if (bytes[read] == 0) {
                return SENSOR_LINK_LONGEST;
            }
            bytes[written++] = bytes[read++];
        }
        if (read < size) { /* a block of 254 without a zero after it does not fit into a frame */
            bytes[written++] = 0;
        }
    }
    return written;
}

/* Return the size of a measurement's body as its count has it; 0 if it is too short or a vital comes twice. */
static inline uint8_t sensor_link_measured_(const uint8_t *body, uint8_t size) {
    uint8_t i, j;
    if (size < 1 || body[0] > SENSOR_LINK_MOST_VALUES || size < 1 + body[0] * SENSOR_LINK_VALUE_SIZE) {
        return 0;
    }
    for (i = 0; i < body[0]; i++) {
        for (j = 0; j < i; j++) {
            if (body[1 + i * SENSOR_LINK_VALUE_SIZE] == body[1 + j * SENSOR_LINK_VALUE_SIZE]) {
                return 0;
            }
        }
    }
    return (uint8_t)(1 + body[0] * SENSOR_LINK_VALUE_SIZE);
}

/* Return the size of three strings; 0 if they are cut or hold what is not printable ASCII. */
static inline uint8_t sensor_link_named_(const uint8_t *body, uint8_t size) {
    uint8_t at = 0, text, end;
    for (text = 0; text < 3; text++) {
        if (at >= size || body[at] > size - at - 1) {
            return 0;
        }
        end = (uint8_t)(at + 1 + body[at]);
        while (++at < end) {
            if (body[at] < ' ' || body[at] > '~') {
                return 0;
            }
        }
    }
    return at;
}

/* Take `frame` of `size` bytes, with its closing 00, apart in place. Return a sensor_link_error; only with
 * SENSOR_LINK_FINE does `seen` mean anything. A body's fields beyond those known here are a newer minor version's. */
static inline uint8_t sensor_link_decode(uint8_t *frame, uint8_t size, sensor_link_seen *seen) {
    uint16_t crc = 0xFFFF;
    uint8_t known, i, payload;
    if (size == 0 || frame[size - 1] != 0) {
        return SENSOR_LINK_BAD_COBS;
    }
    size = sensor_link_unstuff_(frame, (uint8_t)(size - 1));
    if (size == SENSOR_LINK_LONGEST) {
        return SENSOR_LINK_BAD_COBS;
    }
    if (size < SENSOR_LINK_HEADER + 2) {
        return SENSOR_LINK_BAD_CRC;
    }
    payload = (uint8_t)(size - 2);
    for (i = 0; i < payload; i++) {
        crc = sensor_link_crc(crc, frame[i]);
    }
    if (sensor_link_number_(frame + payload, 2) != crc) {
        return SENSOR_LINK_BAD_CRC;
    }
    seen->version = frame[0];
    seen->type = frame[1];
    seen->sequence = (uint16_t)sensor_link_number_(frame + 2, 2);
    seen->ms = sensor_link_number_(frame + 4, 4);
    seen->body = frame + SENSOR_LINK_HEADER;
    seen->body_size = (uint8_t)(payload - SENSOR_LINK_HEADER);
    if (seen->version >> 4 != SENSOR_LINK_VERSION >> 4) {
        return SENSOR_LINK_BAD_VERSION;
    }
    switch (seen->type) {
    case SENSOR_LINK_MEASUREMENT:
        known = sensor_link_measured_(seen->body, seen->body_size);
        break;
    case SENSOR_LINK_IDENTITY:
        known = sensor_link_named_(seen->body, seen->body_size);
        break;
    case SENSOR_LINK_STATUS:
        known = SENSOR_LINK_STATUS_SIZE <= seen->body_size ? SENSOR_LINK_STATUS_SIZE : 0;
        break;
    default:
        return SENSOR_LINK_FINE;
    }
    if (known == 0 || (known < seen->body_size && (seen->version & 0x0F) == (SENSOR_LINK_VERSION & 0x0F))) {
        return SENSOR_LINK_BAD_CONTENT;
    }
    return SENSOR_LINK_FINE;
}

/* Return value number `index` of a measurement, below the count in its body's first byte. */
static inline sensor_link_value sensor_link_value_at(const sensor_link_seen *seen, uint8_t index) {
    const uint8_t *at = seen->body + 1 + index * SENSOR_LINK_VALUE_SIZE;
    sensor_link_value found;
    found.vital = at[0];
    found.state = at[1];
    found.value = (int32_t)sensor_link_number_(at + 2, 4);
    return found;
}

/* Return the state as whoever shows a value must take it: the worse of what the sender claims and what the reason
 * alone does; without a number never more than invalid. */
static inline uint8_t sensor_link_judged(sensor_link_value seen) {
    uint8_t claimed = seen.state >> 6, reason = seen.state & 0x3F, alone;
    if (reason >= SENSOR_LINK_REASONS || (reason == SENSOR_LINK_OK && claimed != SENSOR_LINK_VALID)) {
        reason = SENSOR_LINK_QUESTIONED_BY_DEVICE;
    }
    alone = sensor_link_validity_of(reason);
    claimed = claimed > SENSOR_LINK_INVALID ? (uint8_t)SENSOR_LINK_INVALID : claimed;
    claimed = claimed < alone ? alone : claimed;
    if (seen.value == SENSOR_LINK_NO_VALUE && claimed != SENSOR_LINK_INVALID) {
        return sensor_link_state(SENSOR_LINK_NOT_AVAILABLE);
    }
    return (uint8_t)(claimed << 6 | reason);
}

#endif
