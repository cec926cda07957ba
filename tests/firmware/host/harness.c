/* The header behind two pipes: each line of standard input is a request, each line of standard output its answer.
 *
 *   M seq ms [vital state value]...     I seq ms model serial firmware (each in hex, - if empty)
 *   S seq ms battery low conditions     -> the frame in hex, or "refused"
 *   D frame                             -> "error" and its number, or type, sequence, ms, minor, body in hex, and for a
 *                                          measurement each value's vital, state, number and judged state
 *   R reason                            -> the state that says it
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor_link.h"

static char line[4096];

static unsigned long number(void) {
    return strtoul(strtok(NULL, " \n"), NULL, 10);
}

static uint8_t unhex(uint8_t *bytes, const char *text) {
    uint8_t size = 0;
    unsigned byte;
    while (sscanf(text + 2 * size, "%2x", &byte) == 1) {
        bytes[size++] = (uint8_t)byte;
    }
    return size;
}

static void hex(const uint8_t *bytes, uint8_t size) {
    uint8_t i;
    for (i = 0; i < size; i++) {
        printf("%02x", bytes[i]);
    }
}

static uint8_t measurement(sensor_link *link, uint32_t ms) {
    static sensor_link_value values[256];
    const char *word;
    uint8_t count = 0;
    while ((word = strtok(NULL, " \n")) != NULL) {
        values[count].vital = (uint8_t)strtoul(word, NULL, 10);
        values[count].state = (uint8_t)number();
        values[count++].value = (int32_t)strtol(strtok(NULL, " \n"), NULL, 10);
    }
    return sensor_link_measurement(link, ms, values, count);
}

static uint8_t identity(sensor_link *link, uint32_t ms) {
    static char texts[3][1024];
    int i;
    for (i = 0; i < 3; i++) {
        texts[i][unhex((uint8_t *)texts[i], strtok(NULL, " \n"))] = '\0';
    }
    return sensor_link_identity(link, ms, texts[0], texts[1], texts[2]);
}

static uint8_t status(sensor_link *link, uint32_t ms) {
    uint8_t battery = (uint8_t)number();
    uint8_t low = (uint8_t)number();
    return sensor_link_status(link, ms, battery, low, (uint32_t)number());
}

static void encode(char what) {
    sensor_link link = {0};
    uint32_t ms;
    uint16_t before = link.sequence = (uint16_t)number();
    uint8_t size;
    ms = (uint32_t)number();
    size = what == 'M' ? measurement(&link, ms) : what == 'I' ? identity(&link, ms) : status(&link, ms);
    if (size == 0) {
        printf(link.sequence == before ? "refused" : "refused, and counted");
    }
    hex(link.frame, link.size);
}

/* The frame lies in memory of its exact size, so that a sanitizer sees a byte read past it. */
static void decode(void) {
    const char *text = strtok(NULL, " \n");
    uint8_t size = text == NULL ? 0 : (uint8_t)(strlen(text) / 2);
    uint8_t *frame = malloc(size);
    uint8_t error, i;
    sensor_link_seen seen;
    sensor_link_value value;
    if (text != NULL) {
        unhex(frame, text);
    }
    error = sensor_link_decode(frame, size, &seen);
    if (error != SENSOR_LINK_FINE) {
        printf("error %d", error);
    } else {
        printf("%d %d %" PRIu32 " %d ", seen.type, seen.sequence, seen.ms, seen.version & 0x0F);
        hex(seen.body, seen.body_size);
        for (i = 0; seen.type == SENSOR_LINK_MEASUREMENT && i < seen.body[0]; i++) {
            value = sensor_link_value_at(&seen, i);
            printf(" %d %d %" PRId32 " %d", value.vital, value.state, value.value, sensor_link_judged(value));
        }
    }
    free(frame);
}

int main(void) {
    const char *what;
    while (fgets(line, sizeof line, stdin) != NULL) {
        what = strtok(line, " \n");
        if (what[0] == 'D') {
            decode();
        } else if (what[0] == 'R') {
            printf("%d", sensor_link_state((uint8_t)number()));
        } else {
            encode(what[0]);
        }
        putchar('\n');
        fflush(stdout);
    }
    return 0;
}
