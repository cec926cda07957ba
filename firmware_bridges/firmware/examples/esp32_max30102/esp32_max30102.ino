/* An ESP32 (or any Arduino board) with a MAX30102 on its I2C pins, as a device of the bedside gateway.
 *
 * NOT FOR CLINICAL USE: see pulse.h. Wire SDA, SCL, 3V3 and GND; the gateway reads the USB serial port.
 */
#include <Arduino.h>
#include <Wire.h>

#include "sensor_link.h"

#include "max30102.h"
#include "pulse.h"

static const char MODEL[] = "esp32-max30102";
static const char SERIAL_NUMBER[] = "0001"; /* give each board its own: the gateway tells boards apart by it */
static const char FIRMWARE[] = "1.0.0";

static const uint32_t MEASUREMENT_MS = 1000;
static const uint32_t REPEAT_MS = 60000; /* identity and status, for a gateway that came later */
static const uint32_t POLL_MS = 100;     /* the FIFO holds 1.28 s */
static const uint32_t RETRY_MS = 1000;
static const uint32_t SILENT_MS = 500; /* a sensor that answers but samples nothing was reset: start it again */

static sensor_link gateway;
static pulse finger;
static bool connected = false;
static bool repeat = true;
static uint32_t told_conditions = 0;
static uint32_t measured_at = 0, repeated_at = 0, polled_at = 0, sampled_at = 0, tried_at = 0;

static bool writeRegister(uint8_t address, uint8_t value) {
    Wire.beginTransmission(MAX30102_ADDRESS);
    Wire.write(address);
    Wire.write(value);
    return Wire.endTransmission() == 0;
}

static bool readRegisters(uint8_t address, uint8_t *bytes, uint8_t count) {
    Wire.beginTransmission(MAX30102_ADDRESS);
    Wire.write(address);
    if (Wire.endTransmission(false) != 0 || Wire.requestFrom((uint8_t)MAX30102_ADDRESS, count) != count) {
        return false;
    }
    for (uint8_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)Wire.read();
    }
    return true;
}

static bool startSensor() {
    uint8_t part = 0;
    if (!readRegisters(MAX30102_PART_ID, &part, 1) || part != MAX30102_IS_PART) {
        return false;
    }
    if (!writeRegister(MAX30102_MODE_CONFIGURATION, MAX30102_MODE_RESET)) {
        return false;
    }
    delay(10); /* the bit clears itself when the reset is done */
    sampled_at = millis();
    return writeRegister(MAX30102_FIFO_CONFIGURATION, MAX30102_FIFO_SETTING) &&
           writeRegister(MAX30102_SPO2_CONFIGURATION, MAX30102_SPO2_SETTING) &&
           writeRegister(MAX30102_RED_CURRENT, MAX30102_CURRENT_SETTING) &&
           writeRegister(MAX30102_INFRARED_CURRENT, MAX30102_CURRENT_SETTING) &&
           writeRegister(MAX30102_FIFO_WRITE_POINTER, 0) && writeRegister(MAX30102_FIFO_OVERFLOW, 0) &&
           writeRegister(MAX30102_FIFO_READ_POINTER, 0) &&
           writeRegister(MAX30102_MODE_CONFIGURATION, MAX30102_MODE_SPO2);
}

/* Take what the FIFO holds. False if the sensor does not answer. */
static bool readSamples() {
    uint8_t pointers[3]; /* write, overflow, read */
    uint8_t sample[MAX30102_SAMPLE_SIZE];
    if (!readRegisters(MAX30102_FIFO_WRITE_POINTER, pointers, sizeof pointers)) {
        return false;
    }
    uint8_t waiting = (uint8_t)(pointers[0] - pointers[2]) & (MAX30102_FIFO_DEPTH - 1);
    if (pointers[1] != 0) { /* full: equal pointers, and time is missing between two samples */
        waiting = MAX30102_FIFO_DEPTH;
        pulse_restart(&finger, finger.reason);
    }
    if (waiting > 0) {
        sampled_at = millis();
    }
    while (waiting-- > 0) {
        if (!readRegisters(MAX30102_FIFO_DATA, sample, sizeof sample)) {
            return false;
        }
        pulse_sample(&finger, max30102_light(sample), max30102_light(sample + 3));
    }
    return true;
}

static void send(uint8_t size) {
    Serial.write(gateway.frame, size);
}

static void tell(uint32_t now) {
    pulse_result result = pulse_now(&finger);
    if (!connected) {
        result.rate = result.spo2 = result.perfusion = SENSOR_LINK_NO_VALUE;
        result.rate_reason = result.spo2_reason = result.perfusion_reason = SENSOR_LINK_SENSOR_DISCONNECTED;
    }
    uint32_t conditions = result.rate_reason == SENSOR_LINK_OK ? 0 : (uint32_t)1 << result.rate_reason;
    if (repeat) {
        send(sensor_link_identity(&gateway, now, MODEL, SERIAL_NUMBER, FIRMWARE));
    }
    if (repeat || conditions != told_conditions) {
        send(sensor_link_status(&gateway, now, SENSOR_LINK_UNKNOWN_BATTERY, 0, conditions));
    }
    const sensor_link_value values[] = {
        {SENSOR_LINK_PULSE_RATE, sensor_link_state(result.rate_reason), result.rate},
        {SENSOR_LINK_SPO2, sensor_link_state(result.spo2_reason), result.spo2},
        {SENSOR_LINK_PERFUSION_INDEX, sensor_link_state(result.perfusion_reason), result.perfusion},
    };
    send(sensor_link_measurement(&gateway, now, values, sizeof values / sizeof values[0]));
    told_conditions = conditions;
    repeat = false;
}

void setup() {
    Serial.begin(115200);
    Serial.write((uint8_t)0); /* ends what the boot loader printed, so that it spoils no frame */
    Wire.begin();
    Wire.setClock(400000);
    connected = startSensor();
}

void loop() {
    uint32_t now = millis();
    if (!connected && now - tried_at >= RETRY_MS) {
        tried_at = now;
        connected = startSensor();
    }
    if (connected && now - polled_at >= POLL_MS) {
        polled_at = now;
        connected = readSamples() && millis() - sampled_at < SILENT_MS;
        if (!connected) {
            pulse_restart(&finger, SENSOR_LINK_OK);
        }
    }
    if (now - repeated_at >= REPEAT_MS) {
        repeated_at = now;
        repeat = true;
    }
    if (now - measured_at >= MEASUREMENT_MS) {
        measured_at = now;
        tell(now);
    }
}
