// The sinks at m_axis and m_trace.
#pragma once

#include "files.h"
#include "job.h"
#include "pauses.h"
#include "verilated.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// m_axis or m_trace: takes what comes, checks the rules of AXI4-Stream, and records beat, tlast and clock; of several
// channels tid too.
template <class Data, size_t kBytes>
class Sink {
  public:
    Sink(const char* name, const CData& valid, CData& ready, const Data& data, const CData& last, const CData& id,
         uint64_t stalls, uint64_t seed, bool record, const std::string& path)
        : name_(name), valid_(valid), ready_(ready), data_(data), last_(last), id_(id), pauses_(stalls, seed, true),
          record_(record), path_(path), file_(open_file(path, "wb")) {
        static_assert(sizeof(Data) >= kBytes, "the port must have the bytes of the description");
    }

    void drive() { ready_ = !pauses_.next(valid_); }

    bool sample(uint64_t clock) {
        if (waiting_ && !valid_) violation("tvalid fell at clock ", clock, " before its beat was taken");
        if (!valid_) return false;
        if (waiting_) {
            const char* end = " while its beat waited for tready";
            if (std::memcmp(held_, &data_, kBytes) != 0) violation("tdata changed at clock ", clock, end);
            if (held_last_ != last_) violation("tlast changed at clock ", clock, end);
            if (kChannels > 1 && held_id_ != id_) violation("tid changed at clock ", clock, end);
        }
        check_width(clock);
        waiting_ = !ready_;
        if (waiting_) {
            std::memcpy(held_, &data_, kBytes);
            held_last_ = last_;
            held_id_ = id_;
            return false;
        }
        if (record_) {
            uint8_t row[kBytes + 1 + sizeof clock + (kChannels > 1)];
            std::memcpy(row, &data_, kBytes);
            row[kBytes] = last_;
            std::memcpy(row + kBytes + 1, &clock, sizeof clock);
            if constexpr (kChannels > 1) row[sizeof row - 1] = id_;
            std::fwrite(row, sizeof row, 1, file_.get());
        }
        ++transfers;
        return true;
    }

    void accept() { ready_ = 1; }
    void reset() { ready_ = 0; }

    void check_idle() const {
        if (valid_) throw Violation(std::string(name_) + "_tvalid is 1 after reset, expected 0");
    }

    bool owes() const { return transfers < due; }

    // A core that never stops sending must not keep the bench for ever: some beats too many are enough to know.
    bool overflows() const { return transfers > due + 1000; }

    std::string progress() const {
        return std::string(", ") + name_ + " " + std::to_string(transfers) + " of " + std::to_string(due) + " beats";
    }

    void close() { close_written(std::move(file_), path_); }

    uint64_t due = 0;
    uint64_t transfers = 0;

  private:
    // Of a port as wide as described Verilator keeps the bits above at 0; one that somebody widened may drive them.
    void check_width(uint64_t clock) const {
        uint8_t bytes[sizeof(Data)];
        std::memcpy(bytes, &data_, sizeof bytes);
        for (size_t byte = kBytes; byte < sizeof bytes; ++byte) {
            if (bytes[byte]) violation("tdata has bits above those described at clock ", clock, "");
        }
    }

    void violation(const char* what, uint64_t clock, const char* end) const {
        throw Violation(std::string(name_) + "_" + what + std::to_string(clock) + end);
    }

    const char* name_;
    const CData& valid_;
    CData& ready_;
    const Data& data_;
    const CData& last_;
    const CData& id_;
    Pauses pauses_;
    bool record_;
    std::string path_;
    File file_;
    bool waiting_ = false;
    uint8_t held_[kBytes];
    uint8_t held_last_ = 0, held_id_ = 0;
};
