// When the ends of the streams hold them up: random numbers, and the patterns of stalls.py.
#pragma once

#include <cstdint>

class Random {  // splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014)
  public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint32_t bits() {
        uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return uint32_t((z ^ (z >> 31)) >> 32);
    }

    int from_to(int low, int high) { return low + int(uint64_t(bits()) * uint64_t(high - low + 1) >> 32); }

    bool chance(double share) { return bits() < share * 4294967296.0; }

  private:
    uint64_t state_;
};

// When an end of a stream holds it up: the patterns of stalls.py, one value a clock.
class Pauses {
  public:
    Pauses(uint64_t pattern, uint64_t seed, bool sink) : pattern_(pattern), sink_(sink), random_(seed) {}

    // `offered`: at a sink, whether the core offers a beat now.
    bool next(bool offered) {
        if (pattern_ == 0) return false;
        if (pattern_ == 2) return sink_ ? reluctant(offered, 8, 8) : rarely();
        while (left_ == 0) begin_burst();
        switch (burst_) {
            case kNever: --left_; return false;
            case kAlways: --left_; return true;
            case kReluctant: {
                bool pause = reluctant(offered, 0, 3);
                left_ -= !pause;
                return pause;
            }
            default: --left_; return random_.chance(burst_ == kMost ? 0.8 : 0.3);
        }
    }

  private:
    enum Burst { kNever, kSome, kMost, kAlways, kReluctant };

    void begin_burst() {
        burst_ = Burst(random_.from_to(kNever, sink_ ? kReluctant : kAlways));
        constexpr int most[] = {200, 100, 100, 60, 12};  // clocks; beats for the last
        left_ = random_.from_to(1, most[burst_]);
    }

    // Ready only after a beat has waited, and then for one beat.
    bool reluctant(bool offered, int low, int high) {
        if (wait_ < 0) {
            if (!offered) return true;
            wait_ = random_.from_to(low, high);
        }
        return wait_-- > 0;  // ends at -1, the beginning
    }

    bool rarely() {
        left_ = left_ == 0 ? 8 : left_ - 1;
        return left_ != 8;
    }

    uint64_t pattern_;
    bool sink_;
    Random random_;
    Burst burst_ = kNever;
    int left_ = 0, wait_ = -1;
};
