// The source at s_axis.
#pragma once

#include "files.h"
#include "job.h"
#include "pauses.h"
#include "verilated.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

// s_axis: offers the beats of the job one after the other, `due` of them so far.
template <class Data>
class Source {
  public:
    Source(CData& valid, const CData& ready, Data& data, CData& last, Job& job, const std::string& path, uint64_t seed)
        : valid_(valid), ready_(ready), data_(data), last_(last), job_(job), path_(path), file_(open_file(path, "wb")),
          pauses_(job.header.stalls, seed, false) {
        static_assert(sizeof(Data) >= kInputBytes, "the port must have the bytes of the description");
    }

    void drive() {
        bool pause = pauses_.next(false);
        if (valid_ && !taken_) return;  // a beat that was offered stays
        valid_ = 0;
        if (offered_ == due || pause) return;
        load();
        ++offered_;
        last_ = ++position_ == job_.sequences[sequence_].beats;
        if (last_) position_ = 0, ++sequence_;
    }

    bool sample(uint64_t clock) {
        taken_ = valid_ && ready_;
        if (!taken_) return false;
        std::fwrite(&clock, sizeof clock, 1, file_.get());
        ++transfers;
        return true;
    }

    // The beats of the job round and round as one sequence without an end, for a run that a reset interrupts.
    void drive_endlessly() {
        if (valid_ && !taken_) return;
        if (position_++ % job_.header.beats == 0) job_.rewind();
        load();
    }

    void sample_endlessly() { taken_ = valid_ && ready_; }

    void reset() {
        valid_ = last_ = 0;
        std::memset(&data_, 0, sizeof data_);
        taken_ = false;
        position_ = 0;
        job_.rewind();
    }

    bool owes() const { return transfers < due; }
    bool overflows() const { return false; }
    std::string progress() const { return "s_axis " + std::to_string(transfers) + " of " + std::to_string(due) + " beats"; }
    void close() { close_written(std::move(file_), path_); }

    uint64_t due = 0;
    uint64_t transfers = 0;

  private:
    void load() {
        job_.next_beat(reinterpret_cast<uint8_t*>(&data_));
        valid_ = 1;
    }

    CData& valid_;
    const CData& ready_;
    Data& data_;
    CData& last_;
    Job& job_;
    std::string path_;
    File file_;
    Pauses pauses_;
    uint64_t offered_ = 0, position_ = 0, sequence_ = 0;
    bool taken_ = false;
};
