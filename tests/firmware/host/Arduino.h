/* As much of Arduino as the example sketch uses, in simulated time: what it sends goes to standard output. */
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

extern uint32_t now_ms;

inline uint32_t millis() {
    return now_ms;
}

inline void delay(uint32_t ms) {
    now_ms += ms;
}

struct HostSerial {
    void begin(unsigned long) {}
    size_t write(uint8_t byte) {
        return write(&byte, 1);
    }
    size_t write(const uint8_t *bytes, size_t size) {
        return fwrite(bytes, 1, size, stdout);
    }
};

extern HostSerial Serial;

#endif
