// metronome [SEED]: the watch over time. It sleeps until absolute deadlines, a period apart, and
// records how late each wake is. A wake before its deadline, or a clock that goes back, breaks it;
// lateness does not, but is reported: a deadline that passed during a relief fires at once after.
#include "watch.h"

#define PERIOD_NS 2000000ll

int main(int argc, char **argv) {
  int64_t lateness_max = 0, lateness_sum = 0;
  uint32_t beats = 0, beats_late = 0;
  watch_begin("metronome", argc, argv);
  // The seed shifts the beat, so that several metronomes do not fall together.
  int64_t deadline = now_ns() + mix32(watch_seed) % PERIOD_NS;
  int64_t before = 0;
  while (watch_goes_on()) {
    deadline += PERIOD_NS;
    int error = sleep_until_ns(deadline);
    if (error < 0) watch_broken("sleep: %s", error_text(error));
    int64_t now = now_ns(), lateness = now - deadline;
    if (now < before) watch_broken("the clock went back by %lld ns", (long long)(before - now));
    if (lateness < 0) watch_broken("woken %lld ns early", (long long)-lateness);
    if (lateness > lateness_max) lateness_max = lateness;
    if (lateness > PERIOD_NS) beats_late++;
    lateness_sum += lateness;
    before = now;
    beats++;
  }
  int64_t mean = beats ? lateness_sum / beats : 0;
  watch_kept("lateness_max_ns=%lld lateness_mean_ns=%lld beats_missed=%u", (long long)lateness_max,
             (long long)mean, (unsigned)beats_late);
}
