/* From the light a finger lets through to pulse rate, perfusion index and an estimate of SpO2.
 *
 * NOT FOR CLINICAL USE. The method is the simplest that is honest about what it does not know: it has no defence against
 * movement but to doubt itself, cannot tell a movement from an arrhythmia, and its SpO2 curve was calibrated with nobody.
 * It is here to show how a device tells the gateway when a number must not be believed.
 *
 * C99 or C++11 without any library, so that it is tested on a computer.
 */
#ifndef PULSE_H
#define PULSE_H

#include <stdint.h>

#include "sensor_link.h"

#define PULSE_SAMPLE_MS 40
#define PULSE_FINGER 50000L       /* of 262143: without a finger a few thousand. Depends on the board: measure yours */
#define PULSE_SATURATED 262143L
#define PULSE_SHORTEST_MS 240     /* 250 /min; sooner is no beat */
#define PULSE_LONGEST_MS 2400     /* 25 /min; without a beat for longer there is no rate, and none is held */
#define PULSE_BEATS 8             /* intervals the rate is the mean of */
#define PULSE_ENOUGH 4            /* intervals before there is a rate */
#define PULSE_LEAST_PERFUSION 20  /* 0.20 %: weaker is low perfusion */
#define PULSE_SETTLING 50         /* samples until the mean light is known: 2 s */

/* What was seen lately. All zero is a fresh one. */
typedef struct {
    float red_mean, infrared_mean;           /* means of about 1.3 s */
    float envelope;                          /* how high a pulse wave lately rose above the mean */
    uint32_t red_low, red_high;              /* within the present beat */
    uint32_t infrared_low, infrared_high;
    float ratio, perfusion;                  /* of the last beats, smoothed; perfusion in units of 0.01 % */
    uint16_t intervals[PULSE_BEATS];         /* ms */
    uint8_t count, next;                     /* of intervals */
    uint16_t since_beat;                     /* ms */
    uint8_t settled;                         /* samples, up to PULSE_SETTLING */
    uint8_t rising;                          /* within the upper half of a wave */
    uint8_t beating;                         /* a beat has been seen, so that the next ends an interval */
    uint8_t reason;                          /* SENSOR_LINK_SENSOR_OFF, _ARTEFACT (too bright) or _OK */
} pulse;

/* Numbers with their reasons. A number whose reason makes it invalid is SENSOR_LINK_NO_VALUE: none is held. */
typedef struct {
    uint8_t rate_reason, spo2_reason, perfusion_reason;
    int32_t rate;      /* 1/min */
    int32_t spo2;      /* 1 % */
    int32_t perfusion; /* 0.01 % */
} pulse_result;

static inline void pulse_begin_beat_(pulse *seen, uint32_t red, uint32_t infrared) {
    seen->red_low = seen->red_high = red;
    seen->infrared_low = seen->infrared_high = infrared;
    seen->since_beat = 0;
}

/* Forget everything: the finger was off, or samples were lost. */
static inline void pulse_restart(pulse *seen, uint8_t reason) {
    seen->count = seen->next = seen->settled = seen->rising = seen->beating = 0;
    seen->envelope = seen->ratio = seen->perfusion = 0;
    seen->reason = reason;
}

static inline void pulse_beat_(pulse *seen) {
    float red = (float)(seen->red_high - seen->red_low) / seen->red_mean;
    float infrared = (float)(seen->infrared_high - seen->infrared_low) / seen->infrared_mean;
    float weight = seen->count == 0 ? 1.0f : 0.25f;
    seen->intervals[seen->next] = seen->since_beat;
    seen->next = (uint8_t)((seen->next + 1) % PULSE_BEATS);
    seen->count = (uint8_t)(seen->count < PULSE_BEATS ? seen->count + 1 : PULSE_BEATS);
    seen->perfusion += (infrared * 10000.0f - seen->perfusion) * weight;
    if (infrared > 0) {
        seen->ratio += (red / infrared - seen->ratio) * weight;
    }
}

static inline void pulse_widen_(uint32_t light, uint32_t *low, uint32_t *high) {
    *low = light < *low ? light : *low;
    *high = light > *high ? light : *high;
}

/* Take one sample of both lights. A beat is when the infrared, which blood swallows, dips through half of its usual
 * depth below its mean, having been above it. */
static inline void pulse_sample(pulse *seen, uint32_t red, uint32_t infrared) {
    float dip;
    if (infrared < PULSE_FINGER || red >= PULSE_SATURATED || infrared >= PULSE_SATURATED) {
        pulse_restart(seen, infrared < PULSE_FINGER ? SENSOR_LINK_SENSOR_OFF : SENSOR_LINK_ARTEFACT);
        return;
    }
    if (seen->settled == 0) {
        seen->red_mean = (float)red;
        seen->infrared_mean = (float)infrared;
        pulse_begin_beat_(seen, red, infrared);
    }
    seen->reason = SENSOR_LINK_OK;
    seen->red_mean += ((float)red - seen->red_mean) / 32.0f;
    seen->infrared_mean += ((float)infrared - seen->infrared_mean) / 32.0f;
    dip = seen->infrared_mean - (float)infrared;
    seen->envelope -= seen->envelope / 64.0f;
    seen->envelope = dip > seen->envelope ? dip : seen->envelope;
    if (seen->settled < PULSE_SETTLING) {
        seen->settled++;
        return;
    }
    pulse_widen_(red, &seen->red_low, &seen->red_high);
    pulse_widen_(infrared, &seen->infrared_low, &seen->infrared_high);
    seen->since_beat = (uint16_t)(seen->since_beat + PULSE_SAMPLE_MS);
    if (seen->since_beat > PULSE_LONGEST_MS) {
        pulse_restart(seen, SENSOR_LINK_OK);
    } else if (dip < 0) {
        seen->rising = 0;
    } else if (!seen->rising && dip > seen->envelope / 2 && seen->since_beat >= PULSE_SHORTEST_MS) {
        seen->rising = 1;
        if (seen->beating) {
            pulse_beat_(seen);
        }
        seen->beating = 1;
        pulse_begin_beat_(seen, red, infrared);
    }
}

/* Tell whether the intervals differ so much that a movement, or an arrhythmia, must be suspected. */
static inline uint8_t pulse_irregular_(const pulse *seen, uint32_t mean) {
    uint8_t i;
    for (i = 0; i < seen->count; i++) {
        if (seen->intervals[i] * 10UL < mean * 7 || seen->intervals[i] * 10UL > mean * 13) {
            return 1;
        }
    }
    return 0;
}

static inline int32_t pulse_spo2_(float ratio) {
    /* The straight line of textbooks for the ratio of ratios, SpO2 = 110 - 25 R (Webster, Design of Pulse Oximeters,
     * 1997). A board's own curve has to be found with volunteers against a co-oximeter. */
    float percent = 110.0f - 25.0f * ratio;
    return percent > 100.0f ? 100 : percent < 0.0f ? 0 : (int32_t)(percent + 0.5f);
}

/* Return what may be said now. SpO2 is never better than questioned: nobody has calibrated it. */
static inline pulse_result pulse_now(const pulse *seen) {
    pulse_result now;
    uint32_t sum = 0, mean;
    uint8_t i;
    now.rate = now.spo2 = now.perfusion = SENSOR_LINK_NO_VALUE;
    now.rate_reason = seen->reason != SENSOR_LINK_OK ? seen->reason : (uint8_t)SENSOR_LINK_SEARCHING;
    now.spo2_reason = now.perfusion_reason = now.rate_reason;
    if (seen->reason != SENSOR_LINK_OK || seen->count < PULSE_ENOUGH) {
        return now;
    }
    for (i = 0; i < seen->count; i++) {
        sum += seen->intervals[i];
    }
    mean = sum / seen->count;
    now.rate = (int32_t)((60000UL + mean / 2) / mean);
    now.spo2 = pulse_spo2_(seen->ratio);
    now.perfusion = (int32_t)(seen->perfusion + 0.5f);
    if (pulse_irregular_(seen, mean)) {
        now.rate_reason = now.spo2_reason = now.perfusion_reason = SENSOR_LINK_ARTEFACT;
    } else {
        now.perfusion_reason = SENSOR_LINK_OK;
        now.rate_reason = now.perfusion < PULSE_LEAST_PERFUSION ? SENSOR_LINK_LOW_PERFUSION : SENSOR_LINK_OK;
        now.spo2_reason = now.rate_reason == SENSOR_LINK_OK ? (uint8_t)SENSOR_LINK_QUESTIONED_BY_DEVICE : now.rate_reason;
    }
    return now;
}

#endif
