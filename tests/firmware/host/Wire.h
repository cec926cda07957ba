/* An I2C bus with one simulated MAX30102 on it, which does what its registers tell it to. */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

struct Finger {
    bool on;
    double rate;      /* 1/min */
    double ratio;     /* of ratios, red to infrared */
    double perfusion; /* share of the light that pulses */
    bool restless;
    bool skips;            /* every fifth beat */
    double red, infrared;  /* share of the usual light */
};

class SimulatedMax30102 {
  public:
    Finger finger;
    bool plugged = true;

    void reset(uint8_t part = 0x15);
    void run(uint32_t until_ms);
    void write(uint8_t address, uint8_t value);
    uint8_t read(uint8_t &address);

  private:
    uint8_t registers_[256] = {};
    uint8_t fifo_[32][6] = {};
    uint8_t byte_ = 0;
    double sampled_ms_ = 0;
    double phase_ = 0;
    double sway_ = 0;
    uint32_t noise_ = 1;

    void push();
    uint32_t light(double ratio, double share, uint8_t current);
    int beats_ = 0;
};

struct HostWire {
    SimulatedMax30102 sensor;

    void begin() {}
    void setClock(uint32_t) {}
    void beginTransmission(uint8_t address);
    size_t write(uint8_t byte);
    uint8_t endTransmission(bool stop = true);
    uint8_t requestFrom(uint8_t address, uint8_t count);
    int read();

  private:
    uint8_t address_ = 0;
    uint8_t pointer_ = 0;
    uint8_t sent_ = 0;
};

extern HostWire Wire;

#endif
