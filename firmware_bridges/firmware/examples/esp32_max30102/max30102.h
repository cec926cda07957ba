/* What this sketch needs of the Maxim MAX30102. Source: datasheet 19-7740, Rev 1 (10/18); sections are named below.
 * Addresses and bits are the datasheet's; how they are combined into settings is ours. */
#ifndef MAX30102_H
#define MAX30102_H

#include <stdint.h>

#define MAX30102_ADDRESS 0x57 /* Table "Slave ID Description": write address AE, read address AF, of 8 bits */

/* Section "Register Maps and Descriptions" */
#define MAX30102_FIFO_WRITE_POINTER 0x04
#define MAX30102_FIFO_OVERFLOW 0x05 /* samples lost since the FIFO was full */
#define MAX30102_FIFO_READ_POINTER 0x06
#define MAX30102_FIFO_DATA 0x07
#define MAX30102_FIFO_CONFIGURATION 0x08
#define MAX30102_MODE_CONFIGURATION 0x09
#define MAX30102_SPO2_CONFIGURATION 0x0A
#define MAX30102_RED_CURRENT 0x0C      /* LED1_PA */
#define MAX30102_INFRARED_CURRENT 0x0D /* LED2_PA */
#define MAX30102_PART_ID 0xFF
#define MAX30102_IS_PART 0x15

#define MAX30102_FIFO_DEPTH 32
#define MAX30102_SAMPLE_SIZE 6      /* red, then infrared, 3 bytes each: section "FIFO Data Register", p. 15 */
#define MAX30102_FULL_SCALE 0x3FFFF /* 18 bits */

#define MAX30102_MODE_RESET 0x40 /* section "Mode Configuration (0x09)" */
#define MAX30102_MODE_SPO2 0x03  /* red and infrared */

/* Section "FIFO Configuration (0x08)": SMP_AVE 010 averages 4 samples; ROLLOVER_EN lets new ones replace old ones. */
#define MAX30102_FIFO_SETTING (0x02 << 5 | 0x01 << 4)

/* Section "SpO2 Configuration (0x0A)": ADC_RGE 01 is 4096 nA full scale; SR 001 is 100 samples a second, so that 25
 * averages a second arrive; LED_PW 11 is 411 us, 18 bits. */
#define MAX30102_SPO2_SETTING (0x01 << 5 | 0x01 << 2 | 0x03)
#define MAX30102_SAMPLE_MS 40

/* Section "LED Pulse Amplitude": 0x1F is typically 6.2 mA (0.2 mA a step). Enough for a finger on most boards. */
#define MAX30102_CURRENT_SETTING 0x1F

/* Return one LED's 18 bits: most significant byte first, the upper 6 bits without meaning. */
static inline uint32_t max30102_light(const uint8_t *at) {
    return ((uint32_t)(at[0] & 0x03) << 16) | ((uint32_t)at[1] << 8) | at[2];
}

#endif
