// The sources at s_axis, or at s0_axis, s1_axis, ….
#pragma once

#include "files.h"
#include "job.h"
#include "pauses.h"
#include "verilated.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

// The most clocks that one of several channels has nothing to send between two sequences, as in testbench.py.
constexpr int kGap = 300;

// The port of one channel: offers the beats of the channel one after the other, `due` of them so far.
template <class Data>
class Source {
  public:
    Source(const char* name, CData& valid, const CData& ready, Data& data, CData& last, const Job& job, size_t channel,
           File& record)
        : name_(name), valid_(valid), ready_(ready), data_(data), last_(last), lengths_(job.lengths(channel)),
          beats_(job.beats(channel)), place_(job.place(channel)), channel_(uint8_t(channel)), file_(job.reopened()),
          record_(record), pauses_(job.header.stalls, seed(job, channel), false), gaps_(seed(job, channel) + 500),
          has_gaps_(kChannels > 1 && job.header.stalls != 0) {
        static_assert(sizeof(Data) >= kInputBytes, "the port must have the bytes of the description");
    }

    void drive() {
        bool pause = pauses_.next(false);
        if (valid_ && !taken_) return;  // a beat that was offered stays
        valid_ = 0;
        if (gap_ > 0) {
            --gap_;
            return;
        }
        if (offered_ == due || pause) return;
        load();
        ++offered_;
        last_ = ++position_ == lengths_[sequence_];
        if (last_) end_sequence();
    }

    bool sample(uint64_t clock) {
        taken_ = valid_ && ready_;
        if (!taken_) return false;
        std::fwrite(&clock, sizeof clock, 1, record_.get());
        if constexpr (kChannels > 1) std::fputc(channel_, record_.get());
        ++transfers;
        return true;
    }

    // The beats of the channel round and round as one sequence without an end, for a run that a reset interrupts.
    void drive_endlessly() {
        if (beats_ == 0 || (valid_ && !taken_)) return;
        if (position_++ % beats_ == 0) rewind();
        load();
    }

    void sample_endlessly() { taken_ = valid_ && ready_; }

    void reset() {
        valid_ = last_ = 0;
        std::memset(&data_, 0, sizeof data_);
        taken_ = false;
        position_ = 0;
        rewind();
    }

    bool owes() const { return transfers < due; }
    bool overflows() const { return false; }
    std::string progress() const {
        return std::string(channel_ ? ", " : "") + name_ + " " + std::to_string(transfers) + " of " +
               std::to_string(due) + " beats";
    }

    uint64_t due = 0;
    uint64_t transfers = 0;

  private:
    static uint64_t seed(const Job& job, size_t channel) { return 3 * job.header.seed + 1000 * channel; }

    void rewind() { std::fseek(file_.get(), place_, SEEK_SET); }

    void load() {
        if (std::fread(&data_, kInputBytes, 1, file_.get()) != 1) throw BadJob("it ends within its beats");
        valid_ = 1;
    }

    void end_sequence() {
        position_ = 0;
        ++sequence_;
        if (has_gaps_ && gaps_.chance(0.5)) gap_ = gaps_.from_to(1, kGap);
    }

    const char* name_;
    CData& valid_;
    const CData& ready_;
    Data& data_;
    CData& last_;
    const std::vector<uint64_t>& lengths_;
    uint64_t beats_;
    long place_;
    uint8_t channel_;
    File file_;
    File& record_;
    Pauses pauses_;
    Random gaps_;
    bool has_gaps_;
    int gap_ = 0;
    uint64_t offered_ = 0, position_ = 0, sequence_ = 0;
    bool taken_ = false;
};
