/* The example sketch on a pretended board with a simulated sensor.
 *
 *   board SECONDS RATE RATIO PERFUSION [AT EVENT]...     EVENT as in happen() below
 *
 * RATE in 1/min, RATIO of ratios, PERFUSION in percent; AT in seconds. The serial port is standard output.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "examples/esp32_max30102/esp32_max30102.ino"

uint32_t now_ms = 0;
HostSerial Serial;
HostWire Wire;

void SimulatedMax30102::reset(uint8_t part) {
    memset(registers_, 0, sizeof registers_);
    registers_[MAX30102_PART_ID] = part;
    byte_ = 0;
}

void SimulatedMax30102::write(uint8_t address, uint8_t value) {
    if (address == MAX30102_MODE_CONFIGURATION && (value & MAX30102_MODE_RESET) != 0) {
        reset(registers_[MAX30102_PART_ID]);
        return;
    }
    registers_[address] = value;
    sampled_ms_ = now_ms;
}

/* The register pointer moves on with each byte, but stays at the FIFO's data. */
uint8_t SimulatedMax30102::read(uint8_t &address) {
    if (address != MAX30102_FIFO_DATA) {
        return registers_[address++];
    }
    uint8_t &reader = registers_[MAX30102_FIFO_READ_POINTER];
    uint8_t value = fifo_[reader][byte_++];
    if (byte_ == MAX30102_SAMPLE_SIZE) {
        byte_ = 0;
        reader = (uint8_t)((reader + 1) % MAX30102_FIFO_DEPTH);
        registers_[MAX30102_FIFO_OVERFLOW] = 0;
    }
    return value;
}

/* Sample as often as sample rate and averaging say: here only the 50 to 400 a second of SR 0 to 3. */
void SimulatedMax30102::run(uint32_t until_ms) {
    double rate = 50 << (registers_[MAX30102_SPO2_CONFIGURATION] >> 2 & 0x03);
    double every = 1000.0 * (1 << (registers_[MAX30102_FIFO_CONFIGURATION] >> 5)) / rate;
    if (registers_[MAX30102_MODE_CONFIGURATION] != MAX30102_MODE_SPO2) {
        return;
    }
    while (sampled_ms_ + every <= until_ms) {
        sampled_ms_ += every;
        phase_ += every / 60000.0 * finger.rate;
        beats_ += phase_ >= 1.0;
        phase_ = fmod(phase_, 1.0);
        push();
    }
}

void SimulatedMax30102::push() {
    if (finger.restless && noise_ >> 28 == 0) { /* now and then the finger moves on the sensor */
        sway_ = (double)(noise_ >> 20 & 0xFF) / 2560.0;
    }
    uint8_t &writer = registers_[MAX30102_FIFO_WRITE_POINTER];
    uint8_t &reader = registers_[MAX30102_FIFO_READ_POINTER];
    uint32_t lights[2] = {light(finger.ratio, finger.red, registers_[MAX30102_RED_CURRENT]),
                          light(1.0, finger.infrared, registers_[MAX30102_INFRARED_CURRENT])};
    for (int i = 0; i < 6; i++) {
        fifo_[writer][i] = (uint8_t)(lights[i / 3] >> (16 - 8 * (i % 3)));
    }
    writer = (uint8_t)((writer + 1) % MAX30102_FIFO_DEPTH);
    if (writer == reader) { /* full: with rollover the oldest goes */
        uint8_t &lost = registers_[MAX30102_FIFO_OVERFLOW];
        lost = (uint8_t)(lost < 31 ? lost + 1 : 31);
    }
}

/* A wave of the shape a finger gives: a steep systole and a smaller bump after it, darker where there is more blood. */
uint32_t SimulatedMax30102::light(double ratio, double share, uint8_t current) {
    double systole = exp(-pow((phase_ - 0.25) / 0.10, 2)), bump = 0.35 * exp(-pow((phase_ - 0.55) / 0.12, 2));
    double steady = (finger.on ? 120000.0 : 1500.0) * share * (1.0 - sway_) * current / MAX30102_CURRENT_SETTING;
    double blood = finger.skips && beats_ % 5 == 0 ? 0 : finger.perfusion * ratio * (systole + bump);
    double seen = steady * (1.0 - blood) + (noise_ >> 28);
    noise_ = noise_ * 1664525u + 1013904223u;
    return seen < MAX30102_FULL_SCALE ? (uint32_t)seen : MAX30102_FULL_SCALE;
}

void HostWire::beginTransmission(uint8_t address) {
    address_ = address;
    sent_ = 0;
}

size_t HostWire::write(uint8_t byte) {
    if (sent_++ == 0) {
        pointer_ = byte;
    } else if (sensor.plugged) {
        sensor.write(pointer_++, byte);
    }
    return 1;
}

uint8_t HostWire::endTransmission(bool) {
    return sensor.plugged && address_ == MAX30102_ADDRESS ? 0 : 2; /* 2: the address was not acknowledged */
}

uint8_t HostWire::requestFrom(uint8_t address, uint8_t count) {
    return sensor.plugged && address == MAX30102_ADDRESS ? count : (uint8_t)0;
}

int HostWire::read() {
    return sensor.read(pointer_);
}

static void happen(const char *event) {
    Finger &held = Wire.sensor.finger;
    if (strcmp(event, "off") == 0) {
        held.on = false;
    } else if (strcmp(event, "on") == 0) {
        held.on = true;
    } else if (strcmp(event, "restless") == 0) {
        held.restless = true;
    } else if (strcmp(event, "skips") == 0) {
        held.skips = true;
    } else if (strcmp(event, "weak") == 0) {
        held.perfusion = 0.001;
    } else if (strcmp(event, "red") == 0) { /* more of it than the sensor can count */
        held.red = 3;
    } else if (strcmp(event, "infrared") == 0) {
        held.infrared = 3;
    } else if (strcmp(event, "unplug") == 0) {
        Wire.sensor.plugged = false;
    } else if (strcmp(event, "plug") == 0) {
        Wire.sensor.plugged = true;
        Wire.sensor.reset();
    } else if (strcmp(event, "brownout") == 0) {
        Wire.sensor.reset();
    } else if (strcmp(event, "foreign") == 0) { /* a MAX30100 in its place */
        Wire.sensor.reset(0x11);
    } else if (strcmp(event, "stall") == 0) { /* the sketch was busy elsewhere for longer than the FIFO holds */
        now_ms += 2000;
    }
}

int main(int count, char **words) {
    uint32_t end = (uint32_t)(atof(words[1]) * 1000);
    int next = 5;
    Wire.sensor.finger = {true, atof(words[2]), atof(words[3]), atof(words[4]) / 100, false, false, 1, 1};
    Wire.sensor.reset();
    printf("rst:0x1 (POWERON_RESET)\r\n"); /* what an ESP32's boot loader says first */
    for (setup(); now_ms < end; now_ms += 7) {
        while (next + 1 < count && now_ms >= atof(words[next]) * 1000) {
            happen(words[next + 1]);
            next += 2;
        }
        Wire.sensor.run(now_ms);
        loop();
    }
    return 0;
}
